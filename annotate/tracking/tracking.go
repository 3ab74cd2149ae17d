// Package tracking carries outlines through volumes with a model: what package inmemory asks for.
package tracking

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/inmemory"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Tracker runs a model, one run at a time.
type Tracker struct{ model *slmsam.Model }

// New returns a tracker with the model.
func New(model *slmsam.Model) *Tracker { return &Tracker{model} }

// object is the label of the one object of a run.
const object = 1

// Track implements inmemory.Tracker. Where the image is the same everywhere, nothing is found.
func (t *Tracker) Track(ctx context.Context, v *volume.Volume, axis int, outlines map[int][]bool, progress func(done, total int)) (inmemory.Found, error) {
	found := inmemory.Found{Masks: map[int][]bool{}}
	window, _, err := t.model.Window(v, "")
	if err != nil {
		return found, annotate.Inputf("the volume cannot be shown to the model: %v", err)
	}
	r := slmsam.Request{Slices: slmsam.Slices{Volume: v, Axis: axis, Window: window}, Absent: map[int][]slmsam.Span{}}
	for slice, mask := range outlines {
		if slices.Contains(mask, true) {
			r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: slice, Object: object, Mask: mask})
		} else {
			r.Absent[object] = append(r.Absent[object], slmsam.Span{First: slice, End: slice + 1})
		}
	}
	r.Progress = func(p slmsam.Progress) error {
		progress(p.Done, p.Total)
		return nil
	}
	result, err := t.model.Segment(ctx, r)
	if err != nil {
		return inmemory.Found{}, fmt.Errorf("carry the outlines: %w", err)
	}
	for _, f := range result.Objects[0].Slices {
		if f.Area > 0 {
			found.Masks[f.Slice] = slmsam.MaskOf(result.Labels.Slice(axis, f.Slice), object)
		}
	}
	for _, d := range result.Doubts {
		found.Doubts = append(found.Doubts, annotate.Doubt{Axis: axis, Slice: d.Slice, Reason: strings.Join(d.Reasons, "; ")})
	}
	return found, nil
}
