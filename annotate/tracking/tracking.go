// Package tracking carries outlines through volumes with a model: what package inmemory asks for.
package tracking

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/inmemory"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/wgsl"
)

// Tracker runs a model.
type Tracker struct{ model *slmsam.Model }

// New returns a tracker with the model.
func New(model *slmsam.Model) *Tracker { return &Tracker{model} }

// label is the number of the one object.
const label = 1

// Track implements inmemory.Tracker. What the model or the volume cannot do is an InputError.
func (t *Tracker) Track(ctx context.Context, v *volume.Volume, axis int, outlines map[int][]bool, progress func(done, total int)) (inmemory.Found, error) {
	window, err := volume.AutoWindow(v)
	if err != nil {
		return inmemory.Found{}, annotate.Inputf("the volume cannot be shown to the model: %v", err)
	}
	r := slmsam.Request{Slices: slmsam.Slices{Volume: v, Axis: axis, Window: window}, Absent: map[int][]slmsam.Span{}}
	for slice, mask := range outlines {
		if slices.Contains(mask, true) {
			r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: slice, Object: label, Mask: mask})
		} else {
			r.Absent[label] = append(r.Absent[label], slmsam.Span{First: slice, End: slice + 1})
		}
	}
	r.Progress = func(p slmsam.Progress) error {
		progress(p.Done, p.Total)
		return nil
	}
	result, err := t.model.Segment(ctx, r)
	switch {
	case err == nil:
		return found(result, axis), nil
	case ctx.Err() != nil, errors.Is(err, wgsl.ErrOutOfMemory), errors.Is(err, wgsl.ErrDeviceLost):
		return inmemory.Found{}, err
	}
	return inmemory.Found{}, annotate.Inputf("%s", strings.TrimPrefix(err.Error(), "slmsam: "))
}

// found takes a result apart.
func found(r *slmsam.Result, axis int) inmemory.Found {
	f := inmemory.Found{Masks: map[int][]bool{}}
	for _, o := range r.Objects {
		for _, s := range o.Slices {
			if s.Area > 0 {
				f.Masks[s.Slice] = slmsam.MaskOf(r.Labels.Slice(axis, s.Slice), label)
			}
		}
	}
	for _, d := range r.Doubts {
		f.Doubts = append(f.Doubts, annotate.Doubt{Axis: axis, Slice: d.Slice, Reason: strings.Join(d.Reasons, "; ")})
	}
	return f
}
