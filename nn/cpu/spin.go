package cpu

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// spinTime is how long a thread spins before it sleeps: longer than a network takes from one kernel to the next, but short
	// compared to the time slice of another process.
	spinTime = 50 * time.Microsecond
	// spinChecks is how often a thread checks the condition before it offers its core to others: about 50 ns.
	spinChecks = 50
	// preempted is how long offering the core must take to show that something else has used it.
	preempted = 300 * time.Microsecond
	// backOff is how long no thread spins after that.
	backOff = 20 * time.Millisecond
)

// spinner waits for conditions by spinning, because sleeping and waking up take longer than a small kernel. On a machine that other
// processes use as well, it gives way to them.
type spinner struct {
	start time.Time
	until atomic.Int64 // nanoseconds since start before which no thread spins
}

// wait spins until the condition holds, for a short time at most, and reports whether it holds.
func (s *spinner) wait(condition func() bool) bool {
	began := time.Since(s.start)
	last := began
	for {
		for range spinChecks {
			if condition() {
				return true
			}
		}
		if last-began > spinTime || int64(last) < s.until.Load() {
			return false
		}
		runtime.Gosched()
		yieldCore()
		now := time.Since(s.start)
		if now-last > preempted {
			s.until.Store(int64(now + backOff))
		}
		last = now
	}
}
