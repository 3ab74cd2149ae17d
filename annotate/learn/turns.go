package learn

import (
	"context"
	"sync"
)

// turns decides who computes: annotators' requests at any time, and a training run while there are none. A request only waits
// for the piece of work that the training run is doing.
type turns struct {
	mu         sync.Mutex
	annotators int           // number of requests that compute or wait
	training   bool          // whether a training run is computing
	changed    chan struct{} // closed at the next change
}

func newTurns() *turns { return &turns{changed: make(chan struct{})} }

// change makes a change and wakes everyone who waits for one.
func (t *turns) change(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
	close(t.changed)
	t.changed = make(chan struct{})
}

// until waits until f returns true. f is called under the lock and may change the state.
func (t *turns) until(ctx context.Context, f func() bool) error {
	for {
		t.mu.Lock()
		if f() {
			t.mu.Unlock()
			return nil
		}
		changed := t.changed
		t.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

// annotate waits until no training run is computing, and keeps it from continuing until done is called.
func (t *turns) annotate(ctx context.Context) (done func(), err error) {
	t.change(func() { t.annotators++ })
	done = sync.OnceFunc(func() { t.change(func() { t.annotators-- }) })
	if err := t.until(ctx, func() bool { return !t.training }); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// rest ends the training run's piece of work, and waits until it may start the next one: while there are requests.
func (t *turns) rest(ctx context.Context) error {
	t.end()
	return t.until(ctx, func() bool {
		t.training = t.annotators == 0
		return t.training
	})
}

// end says that the training run is not computing.
func (t *turns) end() { t.change(func() { t.training = false }) }
