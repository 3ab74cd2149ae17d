package cpu

const (
	minParallel     = 1 << 13 // operations below which starting goroutines costs more than it gives
	chunksPerThread = 4       // so that a thread that the system holds up does not hold up all
)

// parallel calls fn for consecutive ranges lo..hi that cover 0..n, on all threads. cost is the number of simple
// operations per item, roughly. fn must write only what belongs to its items, so that the result does not depend on the
// split.
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

// reduceBlock is the number of terms that sumBlocks adds in one go.
const reduceBlock = 1 << 14

// sumBlocks adds up fn over fixed blocks of 0..n: fn writes the sums of its block lo..hi to out (len(total) zeros). The order
// of additions does not depend on the number of threads. cost is per item, as in parallel.
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

// roundUp is the smallest multiple of step that is at least n.
func roundUp(n, step int) int { return ceilDiv(n, step) * step }
