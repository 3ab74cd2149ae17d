package cpu

import (
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// The fast matrix product follows Goto and van de Geijn (Anatomy of High-Performance Matrix Multiplication, TOMS 2008), with the loops
// arranged as in BLIS (Van Zee and van de Geijn, TOMS 2015):
//
//   - A slab of op(B), blockN columns wide, is packed once into panels of NR columns, [K][NR] each.
//   - Tasks share the rows of op(A). A task packs a block of blockM rows, blockK steps of K at a time, into panels of MR rows, [K][MR].
//   - For each pair of panels, an inner loop (simd.Kernels.Tile) computes a tile of MR x NR sums in registers, reading both panels from
//     the first word to the last.
//   - The sums of a task are kept in a buffer of its own, and the epilogue (bias, activation, residual) carries them to C.
//
// Where packing or the buffer costs more than it saves, operands are used where they lie (gemm_inplace.go). The order of each sum depends
// on the sizes alone, not on the number of threads.
const (
	// blockK is the number of steps of K at a time: a panel of B (32 columns: 32 KiB) and one of A (12 KiB) share the first-level
	// cache.
	blockK = 256
	// blockM is the number of rows of A at a time: 144 KiB of A and blockN columns of sums (288 KiB) stay in the second-level
	// cache. It is a multiple of every MR: 4, 6 and 12.
	blockM = 144
	// blockN is the number of columns of B at a time.
	blockN = 512
	// slabWords limits the packed part of B: 8 MiB, a share of the third-level cache.
	slabWords = 2 << 20
	// soloWork is the number of multiply-adds below which a single thread is fastest.
	soloWork = 1 << 19
	// pad is added to the distance between rows of sums, which would otherwise be a power of two and map all rows to the same
	// cache sets.
	pad = 16
)

// product is an item of a MatMul, C = act(op(A) op(B) + bias) + residual, and how it is computed.
type product struct {
	f                   *simd.Kernels
	m, n, k             int // k in words of f's panels
	a, b                operandMatrix
	begin               begin     // what tiles that are written to C begin with
	c, bias, residual   []float32 // [m,n], [n], [m,n]
	act                 backend.Activation
	accumulate          bool
	slabK, colsN, rowsM int // a slab of B is slabK x colsN; a task has up to rowsM rows
	inPlace             inPlace
}

// operandMatrix is op(A) or the transpose of op(B): element (i, k) is data[i*ld+k] or, if interleaved, data[k*ld+i].
type operandMatrix struct {
	data        []float32
	ld          int
	steps       int // the full length of K
	interleaved bool
}

// pack copies rows i..i+rows-1, words k..k+n-1 of K, to a panel of the given width.
func (o operandMatrix) pack(f *simd.Kernels, i, rows, k, n int, dst []float32, width int) {
	k *= f.Fold
	n = min(n*f.Fold, o.steps-k)
	if o.interleaved {
		packColumns(f, rows, n, o.data[k*o.ld+i:], o.ld, dst, width)
	} else {
		packRows(f, rows, n, o.data[i*o.ld+k:], o.ld, dst, width)
	}
}

// matmulFast computes the items of m one after the other, each on all threads; or, if there are many or they are small, each on a
// single thread, several at a time.
func (d *Device) matmulFast(m matmulArgs) {
	if !m.TransA && m.StrideB == 0 && m.StrideBias == 0 && m.StrideA == m.M*m.K && m.StrideC == m.M*m.N { // the items form a tall product
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

// item returns product i of the batch, for the kernels f.
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

// plan chooses the sizes of blocks. An activation needs complete sums, so then all of K is in one slab. Only the rows and columns
// of a task may depend on the number of threads, not the order of sums.
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
	if threads > 1 { // enough tasks for all threads, but blocks of at least a third of blockM
		p.rowsM = min(p.rowsM, max(blockM/3, roundUp(ceilDiv(p.m, 4*threads), f.MR)))
	}
}

// stepK divides k steps into equal parts of at most blockK and returns their size.
func stepK(k int) int { return ceilDiv(k, ceilDiv(k, blockK)) }

// taskWords is the scratch memory of a thread: a block of A, and its sums.
func (p *product) taskWords() int {
	return roundUp(p.rowsM*min(blockK, p.k)+p.rowsM*(p.colsN+pad), 16)
}

// scratchWords is the scratch memory of the product: a slab of B, and that of the threads.
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
			groups := 1 // of panels; more for wide products with few rows, so that there are enough tasks
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

// tile is a task: a block of C, and the part of its sums that belongs to a slab of B.
type tile struct {
	*product
	row, rows int // of C
	col       int // the first column of the slab
	cols      int // the number of columns of this task
	from, to  int // its panels of the slab
	k0, depth int // the steps of K in the slab
}

// compute multiplies a block of rows of A by panels of B, a block of K at a time, and carries the sums to C. It packs A unless A
// is used in place.
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

// finish carries a part of a row of sums to C, from word start on. If there are several slabs, the first one brings bias and
// residual, and the others add to C.
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
