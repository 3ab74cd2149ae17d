package cpu

import (
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// Attention to the pixels of frames without computing the keys. The key of pixel (x, y) with memory m is k = R(x,y) (W^T m +
// bias). Since the table is axial, R rotates the first half of the channels by angles that depend on x alone, and the second half
// by angles that depend on y alone. So the score of a query q, whose halves are qx and qy, is
//
//	q.k = (A[x] + B[y]) . m + (alpha[x] + beta[y]),  A[x][c] = qx . R(x) W[c,:D/2],  alpha[x] = qx . R(x) bias[:D/2]
//
// with B and beta computed likewise from qy, y and the second half. A and B, products of the query with W rotated to each x or y,
// serve all frames, and a score then takes M multiply-adds instead of D. With seven frames of 64 x 64, D = 256 and M = 64, that
// is 25 GFLOP instead of 60.
//
// Otherwise it proceeds as in attention_fast.go. The keys of a place (x, y), one per frame, are adjacent. Kernels that round take
// the query, W, the memory and A[x] + B[y] in bfloat16.

// partWords limits the part of A that successive blocks with the same few x read: 104 KiB of the second-level cache.
const partWords = 26 << 10

// gridFlash is a GridAttention with what the fast kernels need to compute it; the embedded flash is the attention to the pointers.
type gridFlash struct {
	flash
	grid           backend.GridAttention
	memory, values heads
	rows           int // of A: alpha[x], then A[x], for each x; Side * (M+1), rounded up to a multiple of MR
	chunks         int // the frames are divided into chunks of as many as simd.Kernels.Axial takes
	blocks         []gridBlock
	largest        int // the number of keys in the largest block
	valueRows      int // the number of rows of packed values in all blocks
}

// gridBlock is a block of keys: the places x0..x1-1, y0..y1-1 in all frames. It comes after key other keys and valueRow rows of
// packed values. Within it, the keys are ordered by row y, then by chunk of frames, then by x, then by frame.
type gridBlock struct{ x0, x1, y0, y1, key, valueRow int }

// GridAttentionPays implements backend.GridAttender. It compares the work of rotated weights, of adding A and B and of products
// with the memory to that of products with keys. If the memory is narrow, rounding A + B costs what the rest saves.
func (d *Device) GridAttentionPays(a backend.GridAttention) bool {
	f := d.gridKernels(a)
	if f == nil || a.Frames > blockKeys || f.Rounds() && a.M < d.rounding.columns {
		return false
	}
	sums := a.M / 2 * f.Fold * f.Fold // adding A and B, which takes longer if the sums are rounded
	separate := (a.M+1)*a.D/a.Side + sums + a.Frames*a.M
	return separate*5/4 < a.Frames*a.D
}

// gridKernels returns the kernels for a, or nil if it has to be computed with keys.
func (d *Device) gridKernels(a backend.GridAttention) *simd.Kernels {
	f := d.attentionKernels(backend.Attention{Nq: a.Nq, Nk: a.Places() + a.Pointers, D: a.D, Dv: a.Dv})
	if d.plain || f.MaxAxialKeys() == 0 || a.M%f.Fold != 0 {
		return nil
	}
	return f
}

// GridAttention implements backend.GridAttender.
func (d *Device) GridAttention(a backend.GridAttention) {
	a.Check()
	f := d.gridKernels(a)
	if f == nil {
		d.attendWithKeys(a)
		return
	}
	t := d.newGridFlash(f, a)
	weights := d.pool.take(roundUp(2*t.rows*f.Words(a.D/2), 16))
	t.rotateWeights(d, weights)
	keys := roundUp(a.Places()*f.Words(a.M), 16) + roundUp(t.valueRows*t.dvPad, 16)
	own := t.workerWords()
	scratch := d.pool.take(keys + t.packedWords() + d.threads*own)
	for item := range a.B {
		kv := t.packGrid(item, d.threads, scratch[:keys], scratch[keys+t.packedWords():])
		pointers := t.packKeys(item, 0, d.threads, scratch[keys:][:t.packedWords()])
		t.workers.share(d.threads, t.panels, func(worker, panel int) {
			s := scratch[keys+t.packedWords()+worker*own:][:own]
			t.attendGrid(weights, kv, pointers, item, panel*t.f.NR, s)
		})
	}
	d.pool.put(scratch)
	d.pool.put(weights)
}

// newGridFlash plans the blocks. The x are divided into parts, as large as blockKeys and partWords allow; a block has as many
// rows of a part as blockKeys allows.
func (d *Device) newGridFlash(f *simd.Kernels, a backend.GridAttention) *gridFlash {
	pointers := backend.Attention{Q: a.Q, K: a.K, V: a.V, O: a.O, B: a.B, Heads: 1, Nq: a.Nq, Nk: a.Pointers, D: a.D, Dv: a.Dv, Scale: a.Scale}
	pointers.V.Off += a.Places() * a.V.Row
	args := attentionArgs{Attention: pointers, q: d.heads(a.Q, a.D), v: d.heads(pointers.V, a.Dv), o: d.heads(a.O, a.Dv)}
	if a.Pointers > 0 {
		args.k = d.heads(a.K, a.D)
	}
	t := &gridFlash{flash: newFlash(d, f, args), grid: a, memory: d.heads(a.Memory, a.M), values: d.heads(a.V, a.Dv)}
	t.rows = roundUp(a.Side*(a.M+1), t.f.MR)
	t.chunks = ceilDiv(a.Frames, t.f.MaxAxialKeys())
	parts := ceilDiv(a.Side, max(1, min(blockKeys/a.Frames, partWords/((a.M+1)*t.f.NR))))
	key := 0
	for i := range parts {
		b := gridBlock{x0: i * a.Side / parts, x1: (i + 1) * a.Side / parts}
		high := max(1, blockKeys/((b.x1-b.x0)*a.Frames))
		for b.y0 = 0; b.y0 < a.Side; b.y0 = b.y1 {
			b.y1, b.key, b.valueRow = min(a.Side, b.y0+high), key, t.valueRows
			t.blocks = append(t.blocks, b)
			key += b.keys(a.Frames)
			t.valueRows += f.Words(b.keys(a.Frames))
			t.largest = max(t.largest, b.keys(a.Frames))
		}
	}
	return t
}

func (b gridBlock) keys(frames int) int { return (b.x1 - b.x0) * (b.y1 - b.y0) * frames }

// chunk returns the range from..to-1 of the frames in chunk c.
func (t *gridFlash) chunk(c int) (from, to int) {
	return c * t.grid.Frames / t.chunks, (c + 1) * t.grid.Frames / t.chunks
}

// workerWords is the scratch memory of a thread: a query panel, its A and B, a panel of scores, and alpha; or, while packing, the
// values of a block.
func (t *gridFlash) workerWords() int {
	scores := max(t.largest, min(blockKeys, t.keys))
	return max(t.panelWords()+(2*t.rows+scores+1)*t.f.NR, t.largest*t.Dv)
}

// rotateWeights writes the operands from which A and B are computed: the first halves of the bias and of the rows of W, rotated to
// x = 0, 1, .., and then their second halves, rotated to y = 0, 1, .., each in panels [D/2][MR].
func (t *gridFlash) rotateWeights(d *Device, dst []float32) {
	a, mr, half := t.grid, t.f.MR, t.grid.D/2
	words := t.f.Words(half)
	w, bias, table := d.words(a.W, a.M*a.D), d.words(a.Bias, a.D), d.words(a.Table, a.Side*a.Side*a.D)
	d.parallel(t.rows/mr, 4*mr*a.D, func(lo, hi int) {
		rotated := make([]float32, mr*a.D)
		for panel := lo; panel < hi; panel++ {
			n := min(mr, a.Side*(a.M+1)-panel*mr)
			for i := range n {
				at, c := (panel*mr+i)/(a.M+1), (panel*mr+i)%(a.M+1)
				row := bias
				if c > 0 {
					row = w[(c-1)*a.D:][:a.D]
				}
				rotate(rotated[i*a.D:][:a.D], row, table[(at*a.Side+at)*a.D:][:a.D], 1, false) // the angles of x = y = at
			}
			packRows(t.f, n, half, rotated, a.D, dst[panel*mr*words:], mr)
			packRows(t.f, n, half, rotated[half:], a.D, dst[(t.rows+panel*mr)*words:], mr)
		}
	})
}

// packGrid packs the memory of an item, as [place][M][frames of a chunk], and the values, in the same order of keys, like those in
// keyBlocks.
func (t *gridFlash) packGrid(item, threads int, dst, scratch []float32) keyBlocks {
	k, own := roundUp(t.grid.Places()*t.f.Words(t.grid.M), 16), t.workerWords()
	kv := keyBlocks{k: dst, v: dst[k:]}
	t.workers.share(threads, len(t.blocks), func(worker, i int) {
		b := t.blocks[i]
		t.packBlock(item, b, kv.k[b.key*t.f.Words(t.grid.M):], kv.v[b.valueRow*t.dvPad:], scratch[worker*own:])
	})
	return kv
}

// packBlock packs the memory and values of a block.
func (t *gridFlash) packBlock(item int, b gridBlock, k, v, values []float32) {
	a, n, frame := t.grid, 0, t.grid.Side*t.grid.Side
	for y := b.y0; y < b.y1; y++ {
		for c := range t.chunks {
			from, to := t.chunk(c)
			for x := b.x0; x < b.x1; x++ {
				token := from*frame + y*a.Side + x
				packRows(t.f, to-from, a.M, t.memory.from(item, token, 0), frame*t.memory.row, k, to-from)
				k = k[(to-from)*t.f.Words(a.M):]
				for range to - from {
					copy(values[n*t.Dv:], t.values.at(item, token, 0))
					n++
					token += frame
				}
			}
		}
	}
	packColumnPanels(t.f, values, t.Dv, t.Dv, n, v, t.f.MR)
}

// attendGrid computes a panel of queries, from query on.
func (t *gridFlash) attendGrid(weights []float32, kv, pointers keyBlocks, item, query int, scratch []float32) {
	f, m, half := t.f, t.grid.M, t.grid.D/2
	words := f.Words(half)
	p := t.panel(scratch, 0)
	scratch = scratch[t.panelWords():]
	a, b := scratch[:t.rows*f.NR], scratch[t.rows*f.NR:][:t.rows*f.NR]
	scores, alpha := scratch[2*t.rows*f.NR:], scratch[len(scratch)-f.NR:]
	t.load(p, item, query, alpha)
	multiplyPanels(f, t.rows, half, weights, p.q, a, false)
	multiplyPanels(f, t.rows, half, weights[t.rows*words:], p.q[words*f.NR:], b, false)
	next := (m + 1) * f.NR // from one x or y to the next
	for i, block := range t.blocks {
		k, s, wide := kv.k[block.key*f.Words(m):], scores, block.x1-block.x0
		for y := block.y0; y < block.y1; y++ {
			for c := range t.chunks {
				from, to := t.chunk(c)
				f.Axial(wide, m, to-from, a[block.x0*next:], next, b[y*next:], k, s)
				k, s = k[wide*f.Words(m)*(to-from):], s[wide*(to-from)*f.NR:]
			}
		}
		t.absorb(p, block.keys(t.grid.Frames), kv.v[block.valueRow*t.dvPad:], scores, alpha, i > 0)
	}
	for key := 0; key < t.Nk; key += blockKeys {
		n := min(blockKeys, t.Nk-key)
		k, v := t.block(pointers, key)
		multiplyPanels(f, n, t.D, k, p.q, scores, false)
		t.absorb(p, n, v, scores, alpha, true)
	}
	t.store(p, item, query)
}

// attendWithKeys computes a as specified: it computes the keys and calls Attention.
func (d *Device) attendWithKeys(a backend.GridAttention) {
	n, l := a.Places(), a.Places()+a.Pointers
	w, bias, table := d.words(a.W, a.M*a.D), d.words(a.Bias, a.D), d.words(a.Table, a.Side*a.Side*a.D)
	memory := d.heads(a.Memory, a.M)
	keys := d.alloc(a.B * l * a.D)
	for t := range a.B * l {
		k, sums := keys.data[t*a.D:][:a.D], make([]float64, a.D)
		if j := t%l - n; j >= 0 {
			pointers := d.heads(a.K, a.D)
			copy(k, pointers.at(t/l, j, 0))
			continue
		}
		for c, m := range memory.at(t/l, t%l, 0) {
			axpy(sums, float64(m), w[c*a.D:][:a.D])
		}
		for i, v := range sums {
			k[i] = float32(v + float64(bias[i]))
		}
		rotate(k, k, table[t%l%(a.Side*a.Side)*a.D:][:a.D], 1, false)
	}
	d.Attention(backend.Attention{Q: a.Q, K: backend.Heads{Buf: keys, Batch: l * a.D, Row: a.D}, V: a.V, O: a.O,
		B: a.B, Heads: 1, Nq: a.Nq, Nk: l, D: a.D, Dv: a.Dv, Scale: a.Scale})
	d.Free(keys)
}
