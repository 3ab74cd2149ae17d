package project

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-6f79f512/slmsam"
)

// preparing lists the open volumes whose features are computed ahead while no job needs the device. It is guarded by the
// project's lock.
type preparing struct {
	documents []*Document        // the most recently opened first
	cancel    context.CancelFunc // interrupts the present computation; nil if there is none
}

// maxPrepared bounds how many volumes wait to be prepared. Volumes opened earlier may already be.
const maxPrepared = 8

// pause interrupts the computation, so that a job can have the device.
func (a *preparing) pause() {
	if a.cancel != nil {
		a.cancel()
	}
}

// drop removes a document from the list.
func (a *preparing) drop(d *Document) {
	a.documents = slices.DeleteFunc(a.documents, func(other *Document) bool { return other == d })
}

// prepareSoon puts a document at the front of the list.
func (p *Project) prepareSoon(d *Document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ahead.documents) > 0 && p.ahead.documents[0] == d {
		return
	}
	p.ahead.drop(d)
	p.ahead.documents = slices.Insert(p.ahead.documents, 0, d)
	p.ahead.documents = p.ahead.documents[:min(len(p.ahead.documents), maxPrepared)]
	p.ahead.pause()
	p.stir()
}

// prepareNext prepares the first document of the list, until a job needs the device. It returns false if there is nothing to
// do, neither a document to prepare nor a job.
func (p *Project) prepareNext() bool {
	p.mu.Lock()
	if len(p.ahead.documents) == 0 || len(p.queue) > 0 || p.ctx.Err() != nil {
		waits := len(p.queue) > 0
		p.mu.Unlock()
		return waits
	}
	d := p.ahead.documents[0]
	ctx, cancel := context.WithCancel(p.ctx)
	p.ahead.cancel = cancel
	p.mu.Unlock()
	defer cancel()
	err := p.prepare(ctx, d)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ahead.cancel = nil
	if errors.Is(err, context.Canceled) {
		return true
	}
	if err != nil {
		p.log.Warn("a volume cannot be prepared", "error", err)
	}
	p.ahead.drop(d)
	return true
}

// prepare computes ahead what the model needs for a document's slices, beginning next to outlines.
func (p *Project) prepare(ctx context.Context, d *Document) (err error) {
	image, release, err := d.image()
	if err != nil {
		return err
	}
	defer release()
	window, err := p.Window(image)
	if err != nil {
		return err
	}
	s, err := decode(d.grid, d.Snapshot().Set)
	if err != nil {
		return err
	}
	var outlined []int
	for _, label := range s.labels() {
		outlined = append(outlined, s.on(label, Outlined)...)
	}
	defer caught("preparing", &err)
	return p.model.Prepare(ctx, slmsam.Slices{Volume: image.Volume, Axis: d.grid.axis, Window: window}, outward(d.grid.slices(), outlined))
}

// outward lists slices 0 to n-1, those nearest to a given slice first, or nearest to the middle if none is given.
func outward(n int, from []int) []int {
	if len(from) == 0 {
		from = []int{n / 2}
	}
	distance := func(slice int) int {
		best := n
		for _, f := range from {
			best = min(best, max(f-slice, slice-f))
		}
		return best
	}
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return distance(a) - distance(b) })
	return out
}
