package project

import (
	"context"
	"errors"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// ticket belongs to a caller who waits for a job. If the job is superseded, the ticket is passed to the next one.
type ticket struct {
	done chan struct{}

	mu       sync.Mutex
	progress func(done, total int) // nil once the wait is over
	err      error
}

// end ends the wait, unless it has already ended.
func (t *ticket) end(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.progress != nil {
		t.progress, t.err = nil, err
		close(t.done)
	}
}

// settle tells all callers who wait for a job how it ended.
func (j *job) settle(err error) {
	for _, t := range j.tickets {
		t.end(err)
	}
}

// progress tells all callers who wait for a job how far it is.
func (j *job) progress(done, total int) {
	for _, t := range j.tickets {
		t.mu.Lock()
		if t.progress != nil {
			t.progress(done, total)
		}
		t.mu.Unlock()
	}
}

// Run propagates a document's outlines and waits for the end. If ctx ends first, the job is stopped. progress is not called
// after Run has returned.
func (p *Project) Run(ctx context.Context, d *Document, author string, run Run, progress func(done, total int)) error {
	t := &ticket{progress: progress, done: make(chan struct{})}
	if err := p.propagate(&job{document: d, author: author, run: run, tickets: []*ticket{t}}); err != nil {
		return err
	}
	select {
	case <-t.done:
	case <-p.ctx.Done():
		t.end(errClosed)
	case <-ctx.Done():
		t.end(ctx.Err())
		p.Stop(d)
	}
	if errors.Is(t.err, errStopped) {
		return annotate.Inputf("the propagation was stopped")
	}
	return t.err
}
