package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Plan is what a training will need, found without computing anything.
type Plan struct {
	Parameters  int     `json:"parameters"`
	Trained     int     `json:"trained_parameters"`
	ImageSize   int     `json:"image_size"`
	Frames      int     `json:"frames"`
	Objects     int     `json:"objects"`      // per clip, at most
	Clips       int     `json:"clips"`        // in a step
	Together    int     `json:"together"`     // clips that are computed at once
	MemoryBytes int64   `json:"memory_bytes"` // tensors of a step at their peak, weights and optimizer included
	StepGFLOP   float64 `json:"step_gflop"`
	Steps       int     `json:"steps"` // 0: limited by time
}

// MakePlan plays a step of the largest clip on a device that only counts.
func MakePlan(c slmsam.Config, r Recipe, volumes int) (Plan, error) {
	r = r.Inherit(c)
	if err := r.Validate(); err != nil {
		return Plan{}, err
	}
	d := &dry{}
	g := nn.NewGraph(d)
	m, err := slmsam.New(d, *r.configure(&c, StartOptions{Window: c.Window}))
	if err != nil {
		return Plan{}, fmt.Errorf("train: plan: %w", err)
	}
	clip := blankClip(c, r)
	t, err := newTrainer(g, m, Setup{Recipe: r, Train: Cases{{}}})
	if err != nil {
		return Plan{}, err
	}
	var ignored Metrics
	for range 2 { // the second with the optimizer's moments in place
		if err := t.learn(context.Background(), slices.Repeat([]*Clip{clip}, r.Batch), 0, &ignored); err != nil {
			return Plan{}, err
		}
		r.Rates.UpdateWithNorm(t.adam, t.params, c.Trunk.Depth(), 0, 1)
	}
	p := Plan{Parameters: m.Parameters(), Trained: t.Trained(), ImageSize: c.ImageSize, Frames: r.Frames, Objects: r.MaxObjects,
		Clips: r.Batch, Together: t.together,
		MemoryBytes: d.peak, StepGFLOP: g.FLOP / 2 / 1e9}
	if r.Time == "" {
		p.Steps = r.TotalSteps(volumes)
	}
	return p, nil
}

// blankClip is the largest clip of a recipe, with objects that are everywhere.
func blankClip(c slmsam.Config, r Recipe) *Clip {
	s := NewSampler(nil, r, c.ImageSize).For(c)
	size, objects := s.size, s.mostObjects()
	clip := &Clip{Name: "blank", Size: size, Objects: make([]int32, objects)}
	f := Frame{Gray: make([]uint8, size*size), Masks: slices.Repeat([]bool{true}, objects*size*size), Empty: make([]bool, objects)}
	clip.Frames = slices.Repeat([]Frame{f}, s.reach())
	for i := r.Frames; i < len(clip.Frames); i++ {
		clip.Frames[i].Passed = true
	}
	s.addPrior(clip)
	return clip
}
