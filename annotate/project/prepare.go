package project

import (
	"context"
	"errors"
	"slices"

	"github.com/seed-6f79f512/slmsam"
)

// preparing is what is computed of open volumes while no job wants the device. It is guarded by the project's lock.
type preparing struct {
	documents []*Document // the one opened last first
	cancel    context.CancelFunc
}

// mostPrepared is how many volumes wait at most: of those opened earlier, something may be there still.
const mostPrepared = 8

// pause makes way for a job.
func (a *preparing) pause() {
	if a.cancel != nil {
		a.cancel()
	}
}

// drop takes a document off the list.
func (a *preparing) drop(d *Document) {
	a.documents = slices.DeleteFunc(a.documents, func(other *Document) bool { return other == d })
}

// prepareSoon puts a document first.
func (p *Project) prepareSoon(d *Document) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ahead.documents) > 0 && p.ahead.documents[0] == d {
		return
	}
	p.ahead.drop(d)
	p.ahead.documents = slices.Insert(p.ahead.documents, 0, d)
	p.ahead.documents = p.ahead.documents[:min(len(p.ahead.documents), mostPrepared)]
	p.ahead.pause()
	p.stir()
}

// prepareNext works on the document that comes first, until a job wants the device; false: there is none.
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

// prepare computes what the model needs of a document's slices, those next to outlines first.
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

// outward lists n slices, those nearest to one of the given ones first; without any, those nearest to the middle.
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
