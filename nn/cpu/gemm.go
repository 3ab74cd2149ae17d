package cpu

import (
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// The product follows Goto and van de Geijn (Anatomy of High-Performance Matrix Multiplication, TOMS 2008) in the
// arrangement of BLIS: op(B) is packed once, in panels of NR columns; a task packs a block of rows of op(A), in panels
// of MR rows, and multiplies it with the panels of B, one register tile after the other, into a block of sums of its
// own. The epilogue carries the sums to C. The order of each sum depends on the sizes alone, not on the threads.
const (
	// blockK steps of K at a time: a panel of B (32 columns: 32 KiB) and one of A (12 KiB) share the
	// first-level cache.
	blockK = 256
	// blockM rows of A at a time: 144 KiB of A and blockN columns of sums (288 KiB) stay in the second-level cache. A
	// multiple of 4, 6 and 12.
	blockM = 144
	// blockN columns of B at a time.
	blockN = 512
	// slabWords limits the packed part of B: 8 MiB, a share of the third-level cache.
	slabWords = 2 << 20
	// soloWork is the number of multiply-adds below which one thread is fastest.
	soloWork = 1 << 19
	// pad keeps the rows of sums, a power of two apart otherwise, from sharing one set of the cache.
	pad = 16
)

// product is one item of a MatMul: C = act(op(A) op(B) + bias) + residual, as backend.MatMul has it.
type product struct {
	f                   *simd.Kernels
	m, n, k             int // k counts words of f's panels
	a, b                operandMatrix
	begin               begin     // of tiles in place
	c, bias, residual   []float32 // [m,n], [n], [m,n]
	act                 backend.Activation
	accumulate          bool
	slabK, colsN, rowsM int // the slab of B is slabK x colsN; a task has up to rowsM rows
	inPlace             inPlace
}

// operandMatrix is op(A) or the transpose of op(B): element (i, k) is data[i*ld+k], or data[k*ld+i] if interleaved.
type operandMatrix struct {
	data        []float32
	ld, steps   int // steps of K in all
	interleaved bool
}

// pack copies rows i..i+rows, words k..k+n of K to a panel.
func (o operandMatrix) pack(f *simd.Kernels, i, rows, k, n int, dst []float32, width int) {
	k *= f.Fold
	n = min(n*f.Fold, o.steps-k)
	if o.interleaved {
		packColumns(f, rows, n, o.data[k*o.ld+i:], o.ld, dst, width)
	} else {
		packRows(f, rows, n, o.data[i*o.ld+k:], o.ld, dst, width)
	}
}

// matmulFast computes the items of m one after the other, each on all threads, or each on a thread of its own when
// they are many or small.
func (d *Device) matmulFast(m matmulArgs) {
	if !m.TransA && m.StrideB == 0 && m.StrideBias == 0 && m.StrideA == m.M*m.K && m.StrideC == m.M*m.N { // one tall product
		m.M, m.Batch = m.M*m.Batch, 1
	}
	if parts := m.splits(); parts > 1 {
		d.matmulSplit(m, parts)
		return
	}
	work := m.M * m.N * m.K
	inside, across := d.threads, 1 // threads per item, items at a time
	if m.Batch >= 4*d.threads || work < soloWork {
		inside, across = 1, min(d.threads, m.Batch, 1+m.Batch*work/soloWork)
	}
	f := d.productKernels(m.M, m.N, m.K)
	first := m.item(f, 0)
	first.plan(inside)
	need := first.scratchWords(inside)
	scratch := d.pool.take(need * across)
	d.workers.share(across, m.Batch, func(worker, item int) {
		p := m.item(f, item)
		p.slabK, p.colsN, p.rowsM, p.inPlace, p.begin = first.slabK, first.colsN, first.rowsM, first.inPlace, first.begin
		p.run(d, inside, scratch[worker*need:][:need])
	})
	d.pool.put(scratch)
}

// item is product i of a batch, with the kernels f.
func (m matmulArgs) item(f *simd.Kernels, i int) product {
	p := product{f: f, m: m.M, n: m.N, k: f.Words(m.K), act: m.Act, accumulate: m.Accumulate}
	if m.bias != nil {
		p.bias = m.bias[i*m.StrideBias:][:m.N]
	}
	p.a = operandMatrix{data: m.a[i*m.StrideA:], ld: m.K, steps: m.K}
	if m.TransA {
		p.a.ld, p.a.interleaved = m.M, true
	}
	p.b = operandMatrix{data: m.b[i*m.StrideB:], ld: m.N, steps: m.K, interleaved: true}
	if m.TransB {
		p.b.ld, p.b.interleaved = m.K, false
	}
	p.c = m.c[i*m.StrideC:]
	if m.residual != nil {
		p.residual = m.residual[i*m.StrideC:]
	}
	return p
}

// plan chooses the sizes of blocks. B's slab is slabK x colsN words. An activation needs complete sums: all of K in one
// slab. Only the number of rows and columns of a task may depend on the threads.
func (p *product) plan(threads int) {
	f := p.f
	p.inPlace = p.chooseInPlace(f)
	p.begin = p.chooseBegin()
	p.colsN = min(blockN, roundUp(p.n, f.NR))
	p.slabK = min(p.k, max(blockK, slabWords/p.colsN/blockK*blockK))
	if p.act != backend.Identity && p.slabK < p.k {
		p.slabK = p.k
		p.colsN = min(p.colsN, roundUp(max(slabWords/p.k, 1), f.NR))
	}
	p.rowsM = min(blockM, roundUp(p.m, f.MR))
	if threads > 1 { // tasks enough for all threads, but not below a third of the block
		p.rowsM = min(p.rowsM, max(blockM/3, roundUp(ceilDiv(p.m, 4*threads), f.MR)))
	}
}

// stepK is the number of steps of K per block: equal parts of at most blockK.
func stepK(k int) int { return ceilDiv(k, ceilDiv(k, blockK)) }

// taskWords is the scratch of one thread: a block of A and its sums.
func (p *product) taskWords() int {
	return roundUp(p.rowsM*min(blockK, p.k)+p.rowsM*(p.colsN+pad), 16)
}

func (p *product) scratchWords(threads int) int {
	return roundUp(p.slabK*p.colsN, 16) + threads*p.taskWords()
}

// run computes the product on the given number of threads.
func (p *product) run(d *Device, threads int, scratch []float32) {
	f := p.f
	slab := scratch[:p.slabK*p.colsN]
	scratch = scratch[roundUp(len(slab), 16):]
	words := p.taskWords()
	for col := 0; col < p.n; col += p.colsN {
		cols := min(p.colsN, p.n-col)
		panels := ceilDiv(cols, f.NR)
		for k0 := 0; k0 < p.k; k0 += p.slabK {
			depth := min(p.slabK, p.k-k0)
			d.workers.share(threads, panels, func(_, j int) {
				if width := min(f.NR, cols-j*f.NR); width < f.NR || !p.inPlace.b {
					p.b.pack(f, col+j*f.NR, width, k0, depth, slab[j*depth*f.NR:], f.NR)
				}
			})
			rowBlocks := ceilDiv(p.m, p.rowsM)
			groups := 1 // of panels: for wide products with few rows
			if rowBlocks < 2*threads {
				groups = min(panels, ceilDiv(2*threads, rowBlocks))
			}
			d.workers.share(threads, rowBlocks*groups, func(worker, task int) {
				row, g := task/groups*p.rowsM, task%groups
				t := tile{product: p, row: row, rows: min(p.rowsM, p.m-row), col: col, k0: k0, depth: depth}
				t.from, t.to = g*panels/groups, (g+1)*panels/groups
				t.cols = min(cols, t.to*f.NR) - t.from*f.NR
				t.compute(f, slab, scratch[worker*words:][:words])
			})
		}
	}
}

// tile is a task: the sums of a block of rows and columns of C over one slab of B, whose first column is col.
type tile struct {
	*product
	row, rows int
	col, cols int
	from, to  int // panels of the slab
	k0, depth int
}

// compute multiplies a block of rows of A with the panels of B, a block of K at a time, and carries the sums to C. Operands
// that are not used in place are packed.
func (t *tile) compute(f *simd.Kernels, slab, scratch []float32) {
	packed := scratch[:t.rowsM*min(blockK, t.k)]
	sums := scratch[len(packed):]
	ld := t.colsN + pad
	step := stepK(t.depth)
	for k := 0; k < t.depth; k += step {
		n := min(step, t.depth-k)
		t.packA(f, k, n, packed)
		for j := t.from; j < t.to; j++ {
			for i := 0; i < t.rows; i += f.MR {
				c, ldc := sums[i*ld+j*f.NR:], ld
				var from start
				if t.direct(f, i, j) {
					at := (t.row+i)*t.n + t.col + j*f.NR
					c, ldc = t.c[at:], t.n
					from = t.directStart(at)
				}
				if k > 0 {
					from = start{c, ldc}
				}
				t.multiply(f, i, j, k, n, packed, slab, c, ldc, from)
			}
		}
	}
	t.finishAll(f, sums, ld)
}

// finish carries a part of a row of sums to C, from word start on. Of several slabs, the first brings bias and residual
// and the others add.
func (t *tile) finish(f *simd.Kernels, sums []float32, start int) {
	c := t.c[start:][:len(sums)]
	if t.k0 > 0 {
		f.Add(c, c, sums)
		return
	}
	if t.bias != nil {
		f.Add(sums, sums, t.bias[start%t.n:])
	}
	switch t.act {
	case backend.ReLU:
		f.ReLU(sums, sums)
	case backend.GELU:
		f.GELU(sums, sums)
	}
	switch {
	case t.residual != nil:
		f.Add(c, sums, t.residual[start:])
	case t.accumulate:
		f.Add(c, sums, c)
	default:
		copy(c, sums)
	}
}
