package learn

import (
	"context"
	"sync"
)

// turns decides who computes: annotators as they come, and a training while none of them is there. Annotators wait for the
// piece of work that the training is at, and for nothing else.
type turns struct {
	mu         sync.Mutex
	annotators int           // that compute or want to
	training   bool          // a training computes
	changed    chan struct{} // closed at the next change
}

func newTurns() *turns { return &turns{changed: make(chan struct{})} }

// change makes a change and wakes everybody who waits for one.
func (t *turns) change(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	f()
	close(t.changed)
	t.changed = make(chan struct{})
}

// until waits until f, which may change things, is true.
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

// annotate waits until no training computes; none will until done is called.
func (t *turns) annotate(ctx context.Context) (done func(), err error) {
	t.change(func() { t.annotators++ })
	done = sync.OnceFunc(func() { t.change(func() { t.annotators-- }) })
	if err := t.until(ctx, func() bool { return !t.training }); err != nil {
		done()
		return nil, err
	}
	return done, nil
}

// rest ends the training's piece of work and waits until it may begin the next: as long as there are annotators.
func (t *turns) rest(ctx context.Context) error {
	t.end()
	return t.until(ctx, func() bool {
		t.training = t.annotators == 0
		return t.training
	})
}

// end says that no training computes.
func (t *turns) end() { t.change(func() { t.training = false }) }
