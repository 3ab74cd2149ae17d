package project

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// job is a requested propagation.
type job struct {
	document *Document
	author   string
	run      Run
	tickets  []*ticket // of callers who wait for it
	ctx      context.Context
	cancel   context.CancelCauseFunc
}

// again returns a new job with the same request.
func (j *job) again() *job {
	return &job{document: j.document, author: j.author, run: j.run, tickets: j.tickets}
}

// Reasons for which jobs are canceled.
var (
	errSuperseded = errors.New("the outlines changed")
	errStopped    = errors.New("stopped")
)

// Outcomes of jobs, which index Project.done.
const (
	jobDone = iota
	jobFailed
	jobStopped
)

// Propagate queues a propagation of a document's outlines. It supersedes an earlier one that is still queued or running. It
// returns an InputError if there is nothing to do.
func (p *Project) Propagate(d *Document, author string, run Run) error {
	return p.propagate(&job{document: d, author: author, run: run})
}

func (p *Project) propagate(j *job) error {
	d := j.document
	image, release, err := p.Image(d)
	if err != nil {
		return err
	}
	defer release()
	if _, _, err := p.plan(d, image, j.run); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.enqueue(j)
	return nil
}

// enqueue puts a job at the end of the queue, in place of an earlier one for the same document. The project's lock is
// held, so that nobody sees the document without a job, and watchers are told before the job starts.
func (p *Project) enqueue(j *job) {
	d := j.document
	j.ctx, j.cancel = context.WithCancelCause(p.ctx)
	if earlier := p.take(d, errSuperseded); earlier != nil {
		j.tickets = append(earlier.tickets, j.tickets...)
	}
	p.queue = append(p.queue, j)
	p.ahead.pause()
	d.job = j
	d.notify(Event{Type: "job", State: "queued", Ahead: len(p.queue) - 1})
	p.stir()
}

// stir wakes the worker.
func (p *Project) stir() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// take ends a document's job, if it has one, and returns it. The lock is held.
func (p *Project) take(d *Document, why error) *job {
	j := cmp.Or(d.job, d.deferred)
	if j == nil {
		return nil
	}
	d.job, d.deferred = nil, nil
	j.cancel(why)
	p.queue = slices.DeleteFunc(p.queue, func(q *job) bool { return q == j })
	return j
}

// Stop cancels a document's job. The document does not change.
func (p *Project) Stop(d *Document) {
	p.mu.Lock()
	j := p.take(d, errStopped)
	if j != nil { // before another job can be announced
		d.notify(Event{Type: "job", State: "cancelled"})
	}
	p.mu.Unlock()
	if j != nil {
		j.settle(errStopped)
	}
}

// Changed restarts a document's job, if it has one, because the outlines have changed.
func (p *Project) Changed(d *Document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j := p.take(d, errSuperseded); j != nil {
		d.notify(Event{Type: "job", State: "superseded"})
		p.enqueue(j.again())
	}
}

// deferJob takes a document's job off the queue until resumeJob. It can still be stopped or superseded.
func (p *Project) deferJob(d *Document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead.pause()
	d.deferred = p.take(d, errSuperseded)
}

// resumeJob restarts the job that deferJob took off the queue, if it is still wanted.
func (p *Project) resumeJob(d *Document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j := d.deferred; j != nil {
		d.deferred = nil // so that its tickets are not handed on twice
		p.enqueue(j.again())
	}
}

// work runs jobs in the order of the queue, until the project is closed. While there are none, it prepares open volumes.
func (p *Project) work() {
	defer p.worker.Done()
	for {
		p.mu.Lock()
		var next *job
		if len(p.queue) > 0 {
			next = p.queue[0]
		}
		p.mu.Unlock()
		if next != nil {
			p.finish(next, p.execute(next))
			continue
		}
		if p.prepareNext() {
			continue
		}
		select {
		case <-p.wake:
		case <-p.ctx.Done():
			return
		}
	}
}

// finish takes a job off the queue and tells watchers how it ended, unless the job was taken off before.
func (p *Project) finish(j *job, err error) {
	p.mu.Lock()
	mine := j.document.job == j
	outcome := jobDone
	switch {
	case !mine, p.ctx.Err() != nil, errors.Is(err, errSuperseded):
		outcome = jobStopped
	case err != nil:
		outcome = jobFailed
	}
	p.done[outcome]++
	if mine {
		p.take(j.document, errStopped)
		if errors.Is(err, errSuperseded) {
			p.enqueue(j.again())
		}
	}
	switch outcome { // before another job can be announced
	case jobFailed:
		j.document.notify(Event{Type: "job", State: "failed", Error: jobError(err)})
	case jobDone:
		j.document.notify(Event{Type: "job", State: "done"})
	}
	p.mu.Unlock()
	j.cancel(nil)
	if outcome == jobStopped {
		return
	}
	if err != nil && !isInput(err) {
		p.log.Error("propagation failed", "error", err)
	}
	j.settle(err)
}

func isInput(err error) bool {
	var input *annotate.InputError
	return errors.As(err, &input)
}

// jobError returns what people are told about a failed job.
func jobError(err error) string {
	switch {
	case isInput(err):
		return publicError(err)
	case errors.Is(err, annotate.ErrDeviceLost):
		return annotate.ErrDeviceLost.Error()
	case errors.Is(err, annotate.ErrDeviceMemory):
		return annotate.ErrDeviceMemory.Error()
	case errors.Is(err, ErrNotSaved):
		return "the result could not be saved (is the disk full?): nothing was changed; propagate again when there is room"
	}
	return "the propagation failed; the server's log says why"
}
