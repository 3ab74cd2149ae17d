package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// The fast backward pass of attention loops over blocks of keys, for each block over groups of queries, and for each group over
// panels of NR queries. The scores are transposed, as in the forward pass. All five products are computed in register tiles:
//
//	S^T = K Q^T;  P^T = exp(S^T - LSE);  dP^T = V dO^T;  dS^T = P^T * (dP^T - delta)    per panel
//	dQ^T += K^T dS^T                                                                    per panel
//	dV += P^T dO;  dK += dS^T Q                                                         per group
//
// The rows of dK and dV that belong to a block of keys have one writer. For dQ, the blocks are divided into splits, each of which
// has a sum of its own, and the sums are added in order. So no result depends on the number of threads.
const (
	// backKeys is the number of keys in a block: with width 256, packed keys, probabilities and sums take about 700 KiB. It is a
	// multiple of every MR: 4, 6 and 12.
	backKeys = 120
	// backQueries is the number of queries in a group, which is the depth of the products for dV and dK. It is a multiple of
	// every NR.
	backQueries = 256
	// maxSplits limits the number of sums for dQ, and hence the number of threads that can share a head.
	maxSplits = 8
)

// flashBack is the backward pass of an attention with what the fast kernels need to compute it.
type flashBack struct {
	attentionBackwardArgs
	f             *simd.Kernels
	workers       *workers
	panels        int // of queries
	group         int // panels per group
	keys          int // keys per block, rounded up to MR
	blocks        int // of keys
	splits        int
	dRows         int // D rounded up to MR
	dCols, dvCols int // D and Dv rounded up to NR
}

func newFlashBack(d *Device, a attentionBackwardArgs) flashBack {
	f := d.attentionKernels(a.Attention)
	t := flashBack{
		attentionBackwardArgs: a, f: f, workers: d.workers,
		panels: ceilDiv(a.Nq, f.NR), keys: min(backKeys, roundUp(a.Nk, f.MR)), blocks: ceilDiv(a.Nk, backKeys),
		splits: 1, dRows: roundUp(a.D, f.MR), dCols: roundUp(a.D, f.NR), dvCols: roundUp(a.Dv, f.NR),
	}
	t.group = min(backQueries/f.NR, t.panels)
	if a.B*a.Heads < maxSplits {
		t.splits = min(maxSplits, t.blocks)
	}
	return t
}

// attentionBackwardFast computes the heads one after the other, each on all threads; or, if there are many, each on a single
// thread, several at a time.
func (d *Device) attentionBackwardFast(a attentionBackwardArgs) {
	t := newFlashBack(d, a)
	items := a.B * a.Heads
	inside, across := min(d.threads, t.splits), 1 // threads per head, heads at a time
	shared := a.B > 1 && (a.dq.batch == 0 || a.dk.batch == 0 || a.dv.batch == 0)
	if t.splits == 1 && !shared {
		inside, across = 1, min(d.threads, items, 1+items*a.Nq*a.Nk*(a.D+a.Dv)/soloWork)
	}
	head, own := t.headWords(), t.workerWords()
	need := head + inside*own
	scratch := d.pool.take(across * need)
	t.workers.share(across, items, func(worker, item int) {
		s := scratch[worker*need:][:need]
		t.run(item, inside, t.headScratch(s[:head]), s[head:])
	})
	d.pool.put(scratch)
}

// run computes a head.
func (t *flashBack) run(item, threads int, s headScratch, scratch []float32) {
	own := t.workerWords()
	fill(s.scale, t.Scale)
	t.workers.share(threads, ceilDiv(t.panels, t.group), func(_, g int) {
		for p := g * t.group; p < min(t.panels, (g+1)*t.group); p++ {
			t.packQueries(item, p, s)
		}
		query := g * t.group * t.f.NR
		n := min(t.group*t.f.NR, t.Nq-query)
		b, h := item/t.Heads, item%t.Heads
		packColumnPanels(t.f, t.q.from(b, query, h), t.q.row, t.D, n, s.q[t.f.Words(query)*t.dCols:], t.f.NR)
		packColumnPanels(t.f, t.do.from(b, query, h), t.do.row, t.Dv, n, s.do[t.f.Words(query)*t.dvCols:], t.f.NR)
	})
	t.workers.share(threads, t.splits, func(worker, split int) {
		w := t.workerScratch(scratch[worker*own:][:own])
		dq := s.dq[split*t.panels*t.dRows*t.f.NR:]
		lo, hi := split*t.blocks/t.splits, (split+1)*t.blocks/t.splits
		for block := lo; block < hi; block++ {
			t.keyBlock(item, block*backKeys, block > lo, s, w, dq)
		}
	})
	t.workers.share(threads, t.panels, func(worker, p int) {
		t.storeQueries(item, p, s, scratch[worker*own:][:own])
	})
}

// headScratch is the scratch memory of a head, which all of its blocks of keys share.
type headScratch struct {
	qt, dot    []float32 // transposed Q times Scale*log2(e), [panels][D][NR], and dO, [panels][Dv][NR]
	lse, delta []float32 // LSE*log2(e) and rowsum(dO*O), [panels][NR] each
	q, do      []float32 // for each group, Q and dO in panels [queries][NR channels]
	dq         []float32 // sums, transposed: [splits][panels][dRows][NR]
	scale      []float32 // [NR], all equal to Scale
}

func (t *flashBack) headWords() int {
	queries := t.panels * t.f.NR
	return queries*(t.D+t.Dv+2+t.dCols+t.dvCols+t.splits*t.dRows) + t.f.NR
}

func (t *flashBack) headScratch(s []float32) headScratch {
	queries := t.panels * t.f.NR
	cut := cutter{s}
	return headScratch{
		qt: cut.next(queries * t.D), dot: cut.next(queries * t.Dv), lse: cut.next(queries), delta: cut.next(queries),
		q: cut.next(queries * t.dCols), do: cut.next(queries * t.dvCols), dq: cut.next(t.splits * queries * t.dRows),
		scale: cut.next(t.f.NR),
	}
}

// workerScratch is the scratch memory of a thread.
type workerScratch struct {
	k, v   []float32 // K and V in panels [channels][MR keys]
	kt     []float32 // K in panels [keys][MR channels]
	s, dp  []float32 // [keys][NR]: S^T, which becomes P^T, and dP^T, which becomes dS^T
	p, ds  []float32 // P and dS of a group, in panels [queries][MR keys]
	dk, dv []float32 // sums in panels [keys][NR channels]
}

func (t *flashBack) workerWords() int {
	nr, queries := t.f.NR, t.group*t.f.NR
	return t.keys * (t.D + t.Dv + t.dRows + 2*nr + 2*queries + t.dCols + t.dvCols)
}

func (t *flashBack) workerScratch(s []float32) workerScratch {
	nr, queries := t.f.NR, t.group*t.f.NR
	cut := cutter{s}
	return workerScratch{
		k: cut.next(t.keys * t.D), v: cut.next(t.keys * t.Dv), kt: cut.next(t.keys * t.dRows),
		s: cut.next(t.keys * nr), dp: cut.next(t.keys * nr),
		p: cut.next(t.keys * queries), ds: cut.next(t.keys * queries),
		dk: cut.next(t.keys * t.dCols), dv: cut.next(t.keys * t.dvCols),
	}
}

// cutter hands out consecutive parts of a slice.
type cutter struct{ rest []float32 }

func (c *cutter) next(n int) []float32 {
	part := c.rest[:n:n]
	c.rest = c.rest[n:]
	return part
}

// packQueries prepares panel p of the queries: transposed Q and dO, LSE and delta. Queries beyond the last one are 0.
func (t *flashBack) packQueries(item, p int, s headScratch) {
	f, b, h := t.f, item/t.Heads, item%t.Heads
	query := p * f.NR
	n := min(f.NR, t.Nq-query)
	lse, delta := s.lse[query:][:f.NR], s.delta[query:][:f.NR]
	fill(lse, t.Scale*math.Log2E)
	packScaled(f, n, t.D, t.q.from(b, query, h), t.q.row, s.qt[query*t.D:], lse)
	packRows(f, n, t.Dv, t.do.from(b, query, h), t.do.row, s.dot[query*t.Dv:], f.NR)
	clear(lse)
	clear(delta)
	for i := range n {
		lse[i] = t.lse[item*t.Nq+query+i] * math.Log2E
		delta[i] = float32(dot(t.do.at(b, query+i, h), t.o.at(b, query+i, h)))
	}
}

// keyBlock computes dK and dV of the block of keys from key on, and what they contribute to dQ, which it adds to dq or, without
// add, stores there.
func (t *flashBack) keyBlock(item, key int, add bool, s headScratch, w workerScratch, dq []float32) {
	f, b, h := t.f, item/t.Heads, item%t.Heads
	n := min(backKeys, t.Nk-key)
	packRowPanels(f, t.k.from(b, key, h), t.k.row, n, t.D, w.k, f.MR)
	packRowPanels(f, t.v.from(b, key, h), t.v.row, n, t.Dv, w.v, f.MR)
	packColumnPanels(f, t.k.from(b, key, h), t.k.row, t.D, n, w.kt, f.MR)
	for first := 0; first < t.panels; first += t.group {
		depth := min(t.group*f.NR, t.Nq-first*f.NR) // queries in the group
		for p := first; p < min(t.panels, first+t.group); p++ {
			query := p * f.NR
			multiplyPanels(f, n, t.D, w.k, s.qt[query*t.D:], w.s, false)
			t.countLast(key+n, w.s[(n-1)*f.NR:][:f.NR])
			f.Probability(n, w.s, s.lse[query:])
			multiplyPanels(f, n, t.Dv, w.v, s.dot[query*t.Dv:], w.dp, false)
			f.ScoreGradient(n, w.s, w.dp, s.delta[query:])
			t.packScores(n, p-first, depth, w.s, w.p)
			t.packScores(n, p-first, depth, w.dp, w.ds)
			foldPanel(f, n, w.dp)
			multiplyPanels(f, t.D, n, w.kt, w.dp, dq[query*t.dRows:], add)
		}
		query := first * f.NR
		t.addGroup(n, depth, t.Dv, w.p, s.do[f.Words(query)*t.dvCols:], w.dv, first > 0)
		t.addGroup(n, depth, t.D, w.ds, s.q[f.Words(query)*t.dCols:], w.dk, first > 0)
	}
	for j := 0; j < t.D; j += f.NR {
		f.ScaleLanes(n, w.dk[j*t.keys:], s.scale)
	}
	t.storeKeys(t.dv.from(b, key, h), t.dv.row, n, t.Dv, w.dv)
	t.storeKeys(t.dk.from(b, key, h), t.dk.row, n, t.D, w.dk)
}

// packScores transposes s [keys][NR], panel p of a group of depth queries, into the panels [depth][MR keys] of dst.
func (t *flashBack) packScores(n, p, depth int, s, dst []float32) {
	f := t.f
	queries := min(f.NR, depth-p*f.NR)
	for i := 0; i < n; i += f.MR {
		packRows(f, min(f.MR, n-i), queries, s[i*f.NR:], f.NR, dst[i*f.Words(depth)+p*f.Words(f.NR)*f.MR:], f.MR)
	}
}

// addGroup computes c (+)= a b for n keys (rows) and the given number of columns: a is in panels [depth][MR], b in panels
// [depth][NR], c in panels [keys][NR].
func (t *flashBack) addGroup(n, depth, columns int, a, b, c []float32, add bool) {
	for j := 0; j < columns; j += t.f.NR {
		multiplyPanels(t.f, n, depth, a, b[j*t.f.Words(depth):], c[j*t.keys:], add)
	}
}

// storeKeys adds sums, in panels [keys][NR], to n rows of dst.
func (t *flashBack) storeKeys(dst []float32, ld, n, columns int, sums []float32) {
	f := t.f
	for j := 0; j < columns; j += f.NR {
		panel, width := sums[j*t.keys:], min(f.NR, columns-j)
		for i := range n {
			row := dst[i*ld+j:][:width]
			f.Add(row, row, panel[i*f.NR:])
		}
	}
}

// storeQueries adds the sums of all splits for panel p, in order, and adds Scale times the result to dQ.
func (t *flashBack) storeQueries(item, p int, s headScratch, scratch []float32) {
	f := t.f
	query := p * f.NR
	n := min(f.NR, t.Nq-query)
	words := t.dRows * f.NR
	sum := s.dq[p*words:][:words]
	for split := 1; split < t.splits; split++ {
		f.Add(sum, sum, s.dq[(split*t.panels+p)*words:])
	}
	f.ScaleLanes(t.D, sum, s.scale)
	rows := scratch[:f.NR*t.D]
	transpose(f, t.D, n, sum, f.NR, rows, t.D)
	for i := range n {
		dq := t.dq.at(item/t.Heads, query+i, item%t.Heads)
		f.Add(dq, dq, rows[i*t.D:])
	}
}
