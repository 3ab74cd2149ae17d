package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// The fast attention processes the keys in blocks, with an online softmax, and never stores more than a panel of scores (Dao et
// al., FlashAttention, arXiv 2205.14135). For a panel of NR queries and each block of keys, it computes
//
//	S^T = K Q^T;  update max and sum of each query, P^T = 2^(S^T - max);  O^T = O^T * alpha + V^T P^T
//
// where alpha scales down what was summed before if the maximum has grown. The scores are transposed, [keys][NR queries], for two
// reasons: maxima, exponentials and sums of NR queries run in the lanes of vectors; and P^T is already laid out as the second
// product needs its operand, so nothing is packed between the two products.
//
// Scores are in units of log 2: Q is multiplied by Scale*log2(e). The order of all sums depends on sizes alone.
const (
	// blockKeys is the number of keys in a block: a panel of scores (for 32 queries: 30 KiB) stays in the first-level cache, keys
	// of width 256 (240 KiB) and their values in the second. It is a multiple of every MR: 4, 6 and 12.
	blockKeys = 240
	// groupPanels is the largest number of query panels that a task processes together, so that each block of keys it loads
	// serves all of them. With queries of width 256 and outputs of width 64, they take 240 KiB of the second-level cache.
	groupPanels = 6
	// ownKeys limits the keys and values that each thread packs separately: 8 MiB.
	ownKeys = 2 << 20
)

// flash is an attention with what the fast kernels need to compute it.
type flash struct {
	attentionArgs
	f       *simd.Kernels
	workers *workers
	dvPad   int // Dv rounded up to MR
	keys    int // Nk rounded up to MR
	panels  int // of queries
}

func newFlash(d *Device, f *simd.Kernels, a attentionArgs) flash {
	return flash{attentionArgs: a, f: f, workers: d.workers, dvPad: roundUp(a.Dv, f.MR), keys: roundUp(a.Nk, f.MR), panels: ceilDiv(a.Nq, f.NR)}
}

// attentionFast computes the heads one after the other, each on all threads; or, if there are many and they are small, each on a
// single thread, several at a time.
func (d *Device) attentionFast(a attentionArgs) {
	t := newFlash(d, d.attentionKernels(a.Attention), a)
	items, packed := a.B*a.Heads, t.packedWords()
	inside, across := d.threads, 1 // threads per head, heads at a time
	if work := a.Nq * a.Nk * (a.D + a.Dv); items >= 4*d.threads && packed <= ownKeys || work < soloWork {
		inside, across = 1, min(d.threads, items, 1+items*work/soloWork)
	}
	group := min(groupPanels, max(1, t.panels/(4*inside)))
	if inside == 1 {
		group = min(groupPanels, t.panels)
	}
	words := t.groupWords(group)
	need := packed + inside*words
	scratch := d.pool.take(across * need)
	t.workers.share(across, items, func(worker, item int) {
		s := scratch[worker*need:][:need]
		kv := t.packKeys(item/a.Heads, item%a.Heads, inside, s[:packed])
		t.workers.share(inside, ceilDiv(t.panels, group), func(worker, task int) {
			first := task * group
			t.attend(kv, item, first, min(group, t.panels-first), s[packed+worker*words:][:words])
		})
	})
	d.pool.put(scratch)
}

// keyBlocks is the packed keys and values of a head, block after block: K in panels [D][MR keys], V in panels [keys][MR channels].
type keyBlocks struct {
	k, v []float32
}

// packedWords is the size of keyBlocks.
func (t *flash) packedWords() int {
	return roundUp(t.keys*t.f.Words(t.D), 16) + roundUp(t.f.Words(t.keys)*t.dvPad, 16)
}

// packKeys packs the keys and values of head h of item b.
func (t *flash) packKeys(b, h, threads int, dst []float32) keyBlocks {
	kv := keyBlocks{k: dst, v: dst[roundUp(t.keys*t.f.Words(t.D), 16):]}
	t.workers.share(threads, ceilDiv(t.Nk, blockKeys), func(_, block int) {
		key := block * blockKeys
		n := min(blockKeys, t.Nk-key)
		k, v := t.block(kv, key)
		packRowPanels(t.f, t.k.from(b, key, h), t.k.row, n, t.D, k, t.f.MR)
		packColumnPanels(t.f, t.v.from(b, key, h), t.v.row, t.Dv, n, v, t.f.MR)
	})
	return kv
}

// block returns the packed keys and values of the block that starts at key, a multiple of blockKeys.
func (t *flash) block(kv keyBlocks, key int) (k, v []float32) {
	return kv.k[key*t.f.Words(t.D):], kv.v[t.f.Words(key)*t.dvPad:]
}

// from returns the data from item b, token n, head h on.
func (t heads) from(b, n, h int) []float32 {
	return t.data[t.off+b*t.batch+n*t.row+h*t.width:]
}

// queryPanel is the state of NR queries while they go over the keys.
type queryPanel struct {
	q        []float32 // [D][NR], times Scale*log2(e)
	o        []float32 // [dvPad][NR], the output so far, not yet divided by sum
	max, sum []float32 // [NR]
}

func (t *flash) panelWords() int { return (t.D + t.dvPad + 2) * t.f.NR }

// groupWords is the scratch memory for a group of query panels: their states, a panel of scores, and alpha.
func (t *flash) groupWords(group int) int {
	return group*t.panelWords() + (min(blockKeys, t.keys)+1)*t.f.NR
}

// panel returns the state of panel i of a group.
func (t *flash) panel(scratch []float32, i int) queryPanel {
	nr := t.f.NR
	s := scratch[i*t.panelWords():][:t.panelWords()]
	return queryPanel{
		q: s[:t.D*nr], o: s[t.D*nr:][:t.dvPad*nr],
		max: s[(t.D+t.dvPad)*nr:][:nr], sum: s[(t.D+t.dvPad+1)*nr:],
	}
}

// attend computes count query panels, from panel first on, of an item, which is b*Heads + h.
func (t *flash) attend(kv keyBlocks, item, first, count int, scratch []float32) {
	f := t.f
	scores := scratch[count*t.panelWords():]
	alpha := scores[len(scores)-f.NR:]
	for i := range count {
		t.load(t.panel(scratch, i), item, (first+i)*f.NR, alpha)
	}
	for key := 0; key < t.Nk; key += blockKeys {
		n := min(blockKeys, t.Nk-key)
		k, v := t.block(kv, key)
		for i := range count {
			p := t.panel(scratch, i)
			multiplyPanels(f, n, t.D, k, p.q, scores, false) // S^T
			t.countLast(key+n, scores[(n-1)*f.NR:][:f.NR])
			t.absorb(p, n, v, scores, alpha, key > 0)
		}
	}
	for i := range count {
		t.store(t.panel(scratch, i), item, (first+i)*f.NR)
	}
}

// countLast adds log(Repeats) to the scores of the key before end, if that is the last key.
func (a *attentionArgs) countLast(end int, scores []float32) {
	if bias := a.lastBias(); end == a.Nk && bias != 0 {
		for i := range scores {
			scores[i] += bias
		}
	}
}

// load initializes the state of the queries from query on.
func (t *flash) load(p queryPanel, item, query int, alpha []float32) {
	fill(alpha, t.Scale*math.Log2E)
	packScaled(t.f, min(t.f.NR, t.Nq-query), t.D, t.q.from(item/t.Heads, query, item%t.Heads), t.q.row, p.q, alpha)
	fill(p.max, float32(math.Inf(-1)))
	clear(p.sum)
}

// absorb adds a block of n keys, with packed values v, to the output; add is false for the first block. It replaces the scores by
// probabilities.
func (t *flash) absorb(p queryPanel, n int, v, scores, alpha []float32, add bool) {
	t.f.Softmax(n, scores, p.max, p.sum, alpha)
	if add {
		t.f.ScaleLanes(t.dvPad, p.o, alpha)
	}
	foldPanel(t.f, n, scores)
	multiplyPanels(t.f, t.Dv, n, v, scores, p.o, add) // O^T
}

// packScaled packs rows into a panel [n][NR] in float32, multiplies its columns by scale, and folds it.
func packScaled(f *simd.Kernels, rows, n int, src []float32, ld int, dst, scale []float32) {
	if rows < f.NR {
		clear(dst[:n*f.NR])
	}
	transpose(f, rows, n, src, ld, dst, f.NR)
	f.ScaleLanes(n, dst, scale)
	foldPanel(f, n, dst)
}

// store writes the outputs of the queries from query on, and their LSE.
func (t *flash) store(p queryPanel, item, query int) {
	n := min(t.f.NR, t.Nq-query)
	if t.lse != nil {
		lse := t.lse[item*t.Nq+query:]
		for i := range n {
			lse[i] = float32(float64(p.max[i])*math.Ln2 + math.Log(float64(p.sum[i])))
		}
	}
	for i, v := range p.sum {
		p.sum[i] = 1 / v
	}
	t.f.ScaleLanes(t.Dv, p.o, p.sum)
	transpose(t.f, t.Dv, n, p.o, t.f.NR, t.o.from(item/t.Heads, query, item%t.Heads), t.o.row)
}
