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

// Model carries outlines through volumes; *slmsam.Model does.
type Model interface {
	Segment(ctx context.Context, r slmsam.Request) (*slmsam.Result, error)
}

// Tracker runs a model.
type Tracker struct{ model Model }

// New returns a tracker with the model.
func New(model Model) *Tracker { return &Tracker{model} }

// label is the number of the one object.
const label = 1

// Track implements inmemory.Tracker. What the model or the volume cannot do is an InputError.
func (t *Tracker) Track(ctx context.Context, j inmemory.Job) (inmemory.Found, error) {
	window, err := volume.AutoWindow(j.Volume)
	if err != nil {
		return inmemory.Found{}, annotate.Inputf("the volume cannot be shown to the model: %v", err)
	}
	r := request(j)
	r.Slices = slmsam.Slices{Volume: j.Volume, Axis: j.Axis, Window: window}
	result, err := t.model.Segment(ctx, r)
	switch {
	case err == nil:
		return found(result, j), nil
	case ctx.Err() != nil, errors.Is(err, wgsl.ErrOutOfMemory), errors.Is(err, wgsl.ErrDeviceLost):
		return inmemory.Found{}, err
	}
	return inmemory.Found{}, annotate.Inputf("%s", strings.TrimPrefix(err.Error(), "slmsam: "))
}

// request says what to compute.
func request(j inmemory.Job) slmsam.Request {
	r := slmsam.Request{Absent: map[int][]slmsam.Span{}}
	for slice, mask := range j.Outlines {
		if slices.Contains(mask, true) {
			r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: slice, Object: label, Mask: mask})
		} else {
			r.Absent[label] = append(r.Absent[label], slmsam.Span{First: slice, End: slice + 1})
		}
	}
	r.Progress = func(p slmsam.Progress) error {
		j.Progress(p.Done, p.Total)
		return nil
	}
	if j.Only == nil {
		return r
	}
	r.Earlier, r.Only = volume.NewLabelMap(j.Volume), map[int][]slmsam.Span{}
	for _, planes := range []map[int][]bool{j.Earlier, j.Outlines} {
		for slice, plane := range planes {
			r.Earlier.SetSlice(j.Axis, slice, numbers(plane))
		}
	}
	for _, span := range j.Only {
		r.Only[label] = append(r.Only[label], slmsam.Span(span))
	}
	return r
}

// numbers is a mask as a slice of a label map.
func numbers(mask []bool) []int32 {
	out := make([]int32, len(mask))
	for i, on := range mask {
		if on {
			out[i] = label
		}
	}
	return out
}

// found takes a result apart.
func found(r *slmsam.Result, j inmemory.Job) inmemory.Found {
	f := inmemory.Found{Masks: map[int][]bool{}}
	for _, o := range r.Objects {
		for _, s := range o.Slices {
			if s.Area > 0 && s.State != slmsam.StateKept {
				f.Masks[s.Slice] = slmsam.MaskOf(r.Labels.Slice(j.Axis, s.Slice), label)
			}
		}
	}
	for _, d := range r.Doubts {
		f.Doubts = append(f.Doubts, annotate.Doubt{Axis: j.Axis, Slice: d.Slice, Reason: strings.Join(d.Reasons, "; ")})
	}
	return f
}
