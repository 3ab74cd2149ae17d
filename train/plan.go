package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Plan is what training will need, found without computing anything.
type Plan struct {
	Parameters  int     `json:"parameters"`
	Trained     int     `json:"trained_parameters"`
	ImageSize   int     `json:"image_size"`
	Frames      int     `json:"frames"`
	Objects     int     `json:"objects"`      // per clip, at most
	Clips       int     `json:"clips"`        // per step
	Together    int     `json:"together"`     // clips computed side by side
	Workers     int     `json:"workers"`      // groups of them computed at the same time
	MemoryBytes int64   `json:"memory_bytes"` // peak tensor memory of a step, including weights and optimizer state
	StepGFLOP   float64 `json:"step_gflop"`
	Steps       int     `json:"steps"` // 0: limited by time
}

// MakePlan runs a step of the largest clips on a device that only counts memory and operations, divided as on dev.
func MakePlan(dev backend.Device, c slmsam.Config, r Recipe, volumes int) (Plan, error) {
	r = r.Inherit(c)
	if err := r.Validate(); err != nil {
		return Plan{}, err
	}
	d := &dryDevice{}
	g := nn.NewGraph(d)
	m, err := slmsam.New(d, *r.configure(&c, StartOptions{Window: c.Window}))
	if err != nil {
		return Plan{}, fmt.Errorf("train: plan: %w", err)
	}
	clip := blankClip(c, r)
	t, err := newTrainer(dev, g, m, Setup{Recipe: r, Train: Cases{{}}})
	if err != nil {
		return Plan{}, err
	}
	division := t.division
	t.division.apart = false // nothing is gained by keeping gradients that are not computed
	var ignored Metrics
	for range 2 { // the second time with the optimizer's moments allocated
		if err := t.learn(context.Background(), slices.Repeat([]*Clip{clip}, r.Batch), 0, &ignored); err != nil {
			return Plan{}, err
		}
		r.Rates.UpdateWithNorm(t.adam, t.params, c.Trunk.Depth(), 0, 1)
	}
	p := Plan{Parameters: m.Parameters(), Trained: t.Trained(), ImageSize: c.ImageSize, Frames: r.Frames, Objects: r.MaxObjects,
		Clips: r.Batch, Together: division.together, Workers: division.members(dev), StepGFLOP: g.FLOP / 2 / 1e9}
	p.MemoryBytes = d.peak
	if p.Workers > 1 {
		p.MemoryBytes += int64(p.Workers-1)*division.bytes + bytesPerWord*int64(p.Parameters)
	}
	if division.apart {
		p.MemoryBytes += bytesPerWord * int64(p.Trained) * int64(division.groups(r.Batch)) // gradients of groups
	}
	if r.Time == "" {
		p.Steps = r.TotalSteps(volumes)
	}
	return p, nil
}

// blankClip is the largest clip of a recipe, with objects that cover everything.
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
