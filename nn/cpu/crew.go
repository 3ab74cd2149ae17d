package cpu

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// crew is a device's threads: the caller's and workers that live as long as the device. A worker looks out for the next
// job for a moment before it sleeps, so that a chain of small kernels finds it awake; an idle device costs nothing.
// A job never waits for a worker that has not begun: whoever is there takes the tasks.
type crew struct {
	size    int // threads, the caller's included
	started bool
	lookout lookout
	jobs    uint64              // so far
	busy    atomic.Bool         // a job is running
	current atomic.Pointer[job] // nil between jobs

	mu       sync.Mutex
	asleep   atomic.Int32 // workers that wait for wake; changed with mu held
	wake     sync.Cond    // a job has begun, or the crew is dismissed
	finished sync.Cond    // the last task of a job has ended
	closed   bool
}

func newCrew(threads int) *crew {
	c := &crew{size: threads, lookout: lookout{start: time.Now()}}
	c.wake.L, c.finished.L = &c.mu, &c.mu
	return c
}

// job is a number of tasks that the threads of a crew share.
type job struct {
	crew    *crew
	number  uint64
	threads int // at most
	tasks   int
	do      func(worker, task int)

	next    atomic.Int64 // the next task to hand out
	joined  atomic.Int32 // workers that have come to help
	left    atomic.Int64 // tasks that have not ended
	waits   atomic.Bool  // the caller sleeps until the last task has ended
	failure atomic.Pointer[string]
}

// share calls fn for every task 0..n, each on one of at most count threads; worker 0..count tells fn whose scratch to use.
// Tasks are handed out in order. A call from within a task runs on the thread that makes it. A panic in a task comes
// out of share once no task runs any more.
func (c *crew) share(count, n int, fn func(worker, task int)) {
	count = min(count, n, c.size)
	if count <= 1 || !c.busy.CompareAndSwap(false, true) {
		for t := range n {
			fn(0, t)
		}
		return
	}
	defer c.busy.Store(false)
	c.start()
	c.jobs++
	j := &job{crew: c, number: c.jobs, threads: count, tasks: n, do: fn}
	j.left.Store(int64(n))
	c.current.Store(j)
	if c.asleep.Load() > 0 { // who falls asleep just now sees the job first
		c.mu.Lock()
		c.wake.Broadcast()
		c.mu.Unlock()
	}
	j.work(0)
	j.wait()
	c.current.Store(nil) // what the job refers to may go
	if f := j.failure.Load(); f != nil {
		panic(*f)
	}
}

// start starts the workers, once.
func (c *crew) start() {
	if c.started {
		return
	}
	c.started = true
	for range c.size - 1 {
		go c.serve()
	}
}

// dismiss ends the workers.
func (c *crew) dismiss() {
	c.mu.Lock()
	c.closed = true
	c.wake.Broadcast()
	c.mu.Unlock()
}

// serve is the life of a worker.
func (c *crew) serve() {
	var seen uint64
	for {
		j := c.await(seen)
		if j == nil {
			return
		}
		seen = j.number
		if worker := int(j.joined.Add(1)); worker < j.threads {
			j.work(worker)
		}
	}
}

// await returns the job after number seen, nil when the crew is dismissed.
func (c *crew) await(seen uint64) (found *job) {
	look := func() bool {
		if j := c.current.Load(); j != nil && j.number != seen {
			found = j
		}
		return found != nil
	}
	if c.lookout.wait(look) {
		return found
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asleep.Add(1)
	defer c.asleep.Add(-1)
	for !c.closed && !look() {
		c.wake.Wait()
	}
	return found
}

// work takes tasks until none is left.
func (j *job) work(worker int) {
	for {
		t := int(j.next.Add(1)) - 1
		if t >= j.tasks {
			return
		}
		j.run(worker, t)
	}
}

// run does one task, unless one has failed.
func (j *job) run(worker, task int) {
	defer func() {
		if r := recover(); r != nil {
			text := fmt.Sprintf("%v\n\n%s", r, debug.Stack())
			j.failure.CompareAndSwap(nil, &text)
		}
		if j.left.Add(-1) == 0 && j.waits.Load() {
			j.crew.mu.Lock()
			j.crew.finished.Broadcast()
			j.crew.mu.Unlock()
		}
	}()
	if j.failure.Load() == nil {
		j.do(worker, task)
	}
}

// wait returns when all tasks have ended.
func (j *job) wait() {
	ended := func() bool { return j.left.Load() == 0 }
	if j.crew.lookout.wait(ended) {
		return
	}
	j.crew.mu.Lock()
	defer j.crew.mu.Unlock()
	j.waits.Store(true)
	for !ended() {
		j.crew.finished.Wait()
	}
}
