package cpu

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	// patience is how long a thread looks out before it sleeps: longer than a network takes from one kernel to the next,
	// and little beside the time slice of another process.
	patience = 50 * time.Microsecond
	// glances is how often a thread looks before it offers its core to others: about 50 ns.
	glances = 50
	// pushedAside is how long a thread that looks out is away when something else took its core.
	pushedAside = 300 * time.Microsecond
	// modesty is how long the crew does not look out after that, but sleeps at once.
	modesty = 20 * time.Millisecond
)

// lookout waits for conditions awake, as sleeping and waking take longer than a small kernel. On a machine that others
// use as well it gives way.
type lookout struct {
	start time.Time
	until atomic.Int64 // time since start, in nanoseconds, before which nobody looks out
}

// wait looks out for the condition for a moment and says whether it came.
func (l *lookout) wait(condition func() bool) bool {
	began := time.Since(l.start)
	last := began
	for {
		for range glances {
			if condition() {
				return true
			}
		}
		if last-began > patience || int64(last) < l.until.Load() {
			return false
		}
		runtime.Gosched()
		yieldCore()
		now := time.Since(l.start)
		if now-last > pushedAside {
			l.until.Store(int64(now + modesty))
		}
		last = now
	}
}
