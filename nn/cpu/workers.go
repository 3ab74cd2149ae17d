package cpu

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// workers are a device's threads: that of the caller, and goroutines that live as long as the device. After a job, they spin for
// a short time before they sleep, so that they are awake for the next of a chain of small kernels, but an idle device costs
// nothing. A job never waits for a worker that has not started on it: the threads that are there take its tasks.
type workers struct {
	size    int // threads, including the caller's
	started bool
	spinner spinner
	jobs    uint64              // the number of jobs so far
	busy    atomic.Bool         // whether a job is running
	current atomic.Pointer[job] // nil between jobs

	mu       sync.Mutex
	asleep   atomic.Int32 // workers that wait for wake; changed with mu held
	wake     sync.Cond    // a job has begun, or closed is set
	finished sync.Cond    // the last task of a job has ended
	closed   bool
}

func newWorkers(threads int) *workers {
	w := &workers{size: threads, spinner: spinner{start: time.Now()}}
	w.wake.L, w.finished.L = &w.mu, &w.mu
	return w
}

// job is a number of tasks that the threads share.
type job struct {
	workers *workers
	number  uint64
	threads int // that may work on it
	tasks   int
	do      func(worker, task int)

	next    atomic.Int64 // the next task to hand out
	joined  atomic.Int32 // workers that have started on it
	left    atomic.Int64 // tasks that have not ended
	waits   atomic.Bool  // the caller sleeps until the last task has ended
	failure atomic.Pointer[string]
}

// share calls fn for every task 0..n-1, on at most count threads. worker, in 0..count-1, is the number of the thread, so that
// each can have scratch memory of its own. Tasks are handed out in order. A call from within a task runs on the calling thread
// alone. If a task panics, share panics after all running tasks have ended.
func (w *workers) share(count, n int, fn func(worker, task int)) {
	count = min(count, n, w.size)
	if count <= 1 || !w.busy.CompareAndSwap(false, true) {
		for t := range n {
			fn(0, t)
		}
		return
	}
	defer w.busy.Store(false)
	w.start()
	w.jobs++
	j := &job{workers: w, number: w.jobs, threads: count, tasks: n, do: fn}
	j.left.Store(int64(n))
	w.current.Store(j)
	if w.asleep.Load() > 0 { // a worker that is about to sleep looks for a job once more, and sees this one
		w.mu.Lock()
		w.wake.Broadcast()
		w.mu.Unlock()
	}
	j.work(0)
	j.wait()
	w.current.Store(nil) // so that what the job refers to can be collected
	if f := j.failure.Load(); f != nil {
		panic(*f)
	}
}

// start starts the goroutines, once.
func (w *workers) start() {
	if w.started {
		return
	}
	w.started = true
	for range w.size - 1 {
		go w.loop()
	}
}

// stop ends the goroutines.
func (w *workers) stop() {
	w.mu.Lock()
	w.closed = true
	w.wake.Broadcast()
	w.mu.Unlock()
}

// loop is what each goroutine runs.
func (w *workers) loop() {
	var seen uint64
	for {
		j := w.next(seen)
		if j == nil {
			return
		}
		seen = j.number
		if worker := int(j.joined.Add(1)); worker < j.threads {
			j.work(worker)
		}
	}
}

// next waits for the job after the one numbered seen. It returns nil after stop.
func (w *workers) next(seen uint64) (found *job) {
	look := func() bool {
		if j := w.current.Load(); j != nil && j.number != seen {
			found = j
		}
		return found != nil
	}
	if w.spinner.wait(look) {
		return found
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asleep.Add(1)
	defer w.asleep.Add(-1)
	for !w.closed && !look() {
		w.wake.Wait()
	}
	return found
}

// work does tasks until none is left.
func (j *job) work(worker int) {
	for {
		t := int(j.next.Add(1)) - 1
		if t >= j.tasks {
			return
		}
		j.run(worker, t)
	}
}

// run does a task, unless another one has failed.
func (j *job) run(worker, task int) {
	defer func() {
		if r := recover(); r != nil {
			text := fmt.Sprintf("%v\n\n%s", r, debug.Stack())
			j.failure.CompareAndSwap(nil, &text)
		}
		if j.left.Add(-1) == 0 && j.waits.Load() {
			j.workers.mu.Lock()
			j.workers.finished.Broadcast()
			j.workers.mu.Unlock()
		}
	}()
	if j.failure.Load() == nil {
		j.do(worker, task)
	}
}

// wait returns when all tasks have ended.
func (j *job) wait() {
	ended := func() bool { return j.left.Load() == 0 }
	if j.workers.spinner.wait(ended) {
		return
	}
	j.workers.mu.Lock()
	defer j.workers.mu.Unlock()
	j.waits.Store(true)
	for !ended() {
		j.workers.finished.Wait()
	}
}
