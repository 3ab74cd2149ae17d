package learn

import (
	"context"
	"sync"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Served is the model that annotators' requests go to: the one that the server was started with, or one that came out of a
// training. Its methods may be called from several goroutines at once.
type Served struct {
	turns *turns
	base  *slmsam.Model

	mu  sync.Mutex
	now *loaded
}

// loaded is a model with those who use it.
type loaded struct {
	*slmsam.Model
	users   int
	retired bool // its memory is given back with the end of the last use
}

// NewServed begins with the model that the server was started with.
func NewServed(base *slmsam.Model) *Served {
	return &Served{turns: newTurns(), base: base, now: &loaded{Model: base}}
}

// Segment is that of the model. A training stands still meanwhile.
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

// Prepare is that of the model. A training stands still meanwhile.
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

// WindowRule is that of the model.
func (s *Served) WindowRule() volume.WindowRule {
	m := s.take()
	defer s.give(m)
	return m.WindowRule()
}

// Takes is that of the model.
func (s *Served) Takes(prompt string) error {
	m := s.take()
	defer s.give(m)
	return m.Takes(prompt)
}

// take is the model that serves now, which stays until give.
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

// tidy gives the memory of a model back that nobody uses any more; the lock is held.
func (s *Served) tidy(m *loaded) {
	if m.retired && m.users == 0 && m.Model != s.base {
		m.Release()
	}
}

// use lets m serve the requests from now on; nil is the model that the server was started with. Those that run end with the
// one that they began with.
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
