package cpu

const (
	minParallel     = 1 << 13 // operations; for fewer, several threads do not pay
	chunksPerThread = 4       // more than 1, so that a thread that is preempted does not delay all others
)

// parallel calls fn for consecutive ranges of items, lo..hi-1, that cover 0..n-1, on all threads. cost is the approximate number of
// simple operations per item. fn must write only what belongs to its items, so that the result does not depend on the split.
func (d *Device) parallel(n, cost int, fn func(lo, hi int)) {
	if d.threads == 1 || n*cost < minParallel {
		if n > 0 {
			fn(0, n)
		}
		return
	}
	chunks := min(n, d.threads*chunksPerThread)
	d.workers.share(d.threads, chunks, func(_, c int) {
		fn(c*n/chunks, (c+1)*n/chunks)
	})
}

// reduceBlock is the number of items per block of sumBlocks.
const reduceBlock = 1 << 14

// sumBlocks adds sums over items 0..n-1 to total. It divides the items into blocks of fixed size; fn adds the terms of block
// lo..hi-1 to out, which has the length of total and starts as zeros. The order of additions does not depend on the number of
// threads. cost is per item, as in parallel.
func (d *Device) sumBlocks(n, cost int, total []float64, fn func(lo, hi int, out []float64)) {
	width := len(total)
	blocks := (n + reduceBlock - 1) / reduceBlock
	partial := make([]float64, blocks*width)
	d.parallel(blocks, reduceBlock*cost, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			fn(b*reduceBlock, min(n, (b+1)*reduceBlock), partial[b*width:(b+1)*width])
		}
	})
	for i, v := range partial {
		total[i%width] += v
	}
}

// ceilDiv is a/b rounded up.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp is n rounded up to a multiple of step.
func roundUp(n, step int) int { return ceilDiv(n, step) * step }
