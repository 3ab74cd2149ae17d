package cpu

import (
	"sync"
	"sync/atomic"
)

// workers calls fn for every task 0..n, each on one of at most count threads; worker 0..count tells fn whose scratch
// to use. Tasks are handed out in order.
func workers(count, n int, fn func(worker, task int)) {
	count = min(count, n)
	if count <= 1 {
		for t := range n {
			fn(0, t)
		}
		return
	}
	var next atomic.Int64
	work := func(worker int) {
		for {
			t := int(next.Add(1)) - 1
			if t >= n {
				return
			}
			fn(worker, t)
		}
	}
	var wg sync.WaitGroup
	for w := 1; w < count; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			work(w)
		}()
	}
	work(0)
	wg.Wait()
}

// ceilDiv is a/b rounded up.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp is the smallest multiple of step that is at least n.
func roundUp(n, step int) int { return ceilDiv(n, step) * step }
