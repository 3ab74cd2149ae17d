package project

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
)

// plan turns a document's outlines into a request.
func (p *Project) plan(d *Document, image Image, run Run) (*state, slmsam.Request, error) {
	window, err := p.Window(image)
	if err != nil {
		return nil, slmsam.Request{}, err
	}
	s, err := decode(d.grid, d.Snapshot().Set)
	if err != nil {
		return nil, slmsam.Request{}, err
	}
	r, err := s.request(slmsam.Slices{Volume: image.Volume, Axis: d.grid.axis, Window: window}, run)
	return s, r, err
}

// execute runs a job and makes its change to the document.
func (p *Project) execute(j *job) error {
	d := j.document
	image, release, err := d.image()
	if err != nil {
		return err
	}
	defer release()
	s, r, err := p.plan(d, image, j.run)
	if err != nil {
		return err
	}
	d.notify(Event{Type: "job", State: "running"})
	r.Progress = func(pr slmsam.Progress) error {
		if j.ctx.Err() != nil {
			return context.Cause(j.ctx)
		}
		if d.watched() {
			pix := narrow(pr.Labels, d.grid.axis, pr.Slice)
			d.notify(Event{Type: "slice", Slice: pr.Slice, Objects: pr.Objects, Plane: EncodePlane(pix), Done: pr.Done, Total: pr.Total})
		}
		j.progress(pr.Done, pr.Total)
		return nil
	}
	result, err := p.segment(j.ctx, r)
	if err != nil {
		return err
	}
	set, err := s.outcome(&r, result)
	if err != nil {
		return err
	}
	return d.finish(s, set, j.author)
}

// finish makes the change that a propagation results in, or returns errSuperseded if the outlines have changed.
func (d *Document) finish(from *state, set Values, author string) error {
	_, err := d.edit(math.MaxInt, author, "propagation", func(now *state) (Values, error) {
		if !sameOutlines(from, now) {
			return nil, errSuperseded
		}
		return set, nil
	})
	return err
}

// sameOutlines reports whether two states have the same objects, the same planes, and the same marks by the annotator, so that
// a result for one is valid for the other.
func sameOutlines(a, b *state) bool {
	counts := func(s *state) bool {
		for key, value := range s.values {
			kind, _, _ := strings.Cut(key, ":")
			if kind == "plane" && (string(a.values[key]) != string(value) || string(b.values[key]) != string(value)) {
				return false
			}
		}
		return true
	}
	if !counts(a) || !counts(b) || !slices.Equal(a.labels(), b.labels()) {
		return false
	}
	for _, label := range a.labels() {
		if !slices.Equal(a.on(label, Outlined, Absent, Forgotten), b.on(label, Outlined, Absent, Forgotten)) {
			return false
		}
	}
	return true
}
