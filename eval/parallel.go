package eval

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallelFor calls body(worker, lo, hi) on pieces of [0, n) of at most grain elements, from up to GOMAXPROCS goroutines.
// worker numbers the goroutine from 0, so that each can own scratch memory.
func parallelFor(n, grain int, body func(worker, lo, hi int)) {
	pieces := (n + grain - 1) / grain
	workers := min(workerCount(), pieces)
	if workers <= 1 {
		if n > 0 {
			body(0, 0, n)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				i := int(next.Add(1)) - 1
				if i >= pieces {
					return
				}
				body(w, i*grain, min((i+1)*grain, n))
			}
		}()
	}
	wg.Wait()
}

// workerCount is the largest number of goroutines that parallelFor starts.
func workerCount() int { return runtime.GOMAXPROCS(0) }
