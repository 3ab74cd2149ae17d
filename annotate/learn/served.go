package learn

import (
	"context"
	"sync"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Served is the model that handles annotators' requests: the one the server was started with, or one from a training run. Its
// methods may be called from several goroutines at once.
type Served struct {
	turns *turns
	base  *slmsam.Model

	mu  sync.Mutex
	now *loaded
}

// loaded is a model with a count of its users.
type loaded struct {
	*slmsam.Model
	users   int
	retired bool // replaced: its memory is freed when the last user is done
}

// NewServed returns a Served with the model the server was started with.
func NewServed(base *slmsam.Model) *Served {
	return &Served{turns: newTurns(), base: base, now: &loaded{Model: base}}
}

// Segment calls the model's method. A training run pauses in the meantime.
func (s *Served) Segment(ctx context.Context, r slmsam.Request) (*slmsam.Result, error) {
	done, err := s.turns.annotate(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	m := s.take()
	defer s.give(m)
	return m.Segment(ctx, r)
}

// Prepare calls the model's method. A training run pauses in the meantime.
func (s *Served) Prepare(ctx context.Context, v slmsam.Slices, order []int) error {
	done, err := s.turns.annotate(ctx)
	if err != nil {
		return err
	}
	defer done()
	m := s.take()
	defer s.give(m)
	return m.Prepare(ctx, v, order)
}

// WindowRule calls the model's method.
func (s *Served) WindowRule() volume.WindowRule {
	m := s.take()
	defer s.give(m)
	return m.WindowRule()
}

// take returns the model in use, which stays in memory until give.
func (s *Served) take() *loaded {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.users++
	return s.now
}

func (s *Served) give(m *loaded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.users--
	s.tidy(m)
}

// tidy frees the memory of a model that is no longer used. The lock is held.
func (s *Served) tidy(m *loaded) {
	if m.retired && m.users == 0 && m.Model != s.base {
		m.Release()
	}
}

// use switches to m, or to the model the server was started with if m is nil. Running requests continue with the model they
// started with.
func (s *Served) use(m *slmsam.Model) {
	if m == nil {
		m = s.base
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.now
	s.now = &loaded{Model: m}
	old.retired = true
	s.tidy(old)
}
