// Package tracking carries outlines through volumes with a model: what package inmemory asks for.
package tracking

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/inmemory"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Tracker runs a model on a device, one run at a time.
type Tracker struct {
	model *slmsam.Model
	graph *nn.Graph
}

// New returns a tracker with the model, which is on dev.
func New(model *slmsam.Model, dev backend.Device) *Tracker {
	return &Tracker{model: model, graph: nn.NewGraph(dev)}
}

// doubtful is the score below which a slice on which the object was found should be looked at. The score is a
// logit: at 2 the model takes the object to be there with 88 %.
const doubtful = 2

// Track implements inmemory.Tracker. Where the image is the same everywhere, nothing is found.
func (t *Tracker) Track(ctx context.Context, v *volume.Volume, axis int, outlines map[int][]bool, progress func(done, total int)) (inmemory.Found, error) {
	found := inmemory.Found{Masks: map[int][]bool{}}
	window, err := volume.AutoWindow(v)
	if err != nil {
		return found, annotate.Inputf("the volume cannot be shown to the model: %v", err)
	}
	var prompts []slmsam.Prompt
	for slice, mask := range outlines {
		if slices.Contains(mask, true) {
			prompts = append(prompts, slmsam.Prompt{Slice: slice, Object: 1, Mask: mask})
		}
	}
	grays := slmsam.GraySlices{Volume: v, Axis: axis, Window: window}
	err = t.model.Propagate(ctx, t.graph, grays, prompts, slmsam.Options{}, func(r slmsam.SliceResult) error {
		for _, o := range r.Objects {
			mask := make([]bool, len(o.Logits))
			any := false
			for i, l := range o.Logits {
				mask[i] = l > 0
				any = any || mask[i]
			}
			if any {
				found.Masks[r.Slice] = mask
			}
			if any && !o.Prompted && o.Score < doubtful {
				found.Doubts = append(found.Doubts, annotate.Doubt{Axis: axis, Slice: r.Slice, Reason: fmt.Sprintf("the model is not sure (score %.1f)", o.Score)})
			}
		}
		progress(r.Done, r.Total)
		return nil
	})
	if err != nil {
		return inmemory.Found{}, fmt.Errorf("carry the outlines: %w", err)
	}
	return found, nil
}
