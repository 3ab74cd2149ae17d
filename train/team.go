package train

import (
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// worker computes gradients on its own device with its own copy of the model.
type worker struct {
	g      *nn.Graph
	model  *slmsam.Model
	params []*nn.Param // those being trained, in the trainer's order
}

// workers returns those that compute n groups of a step, with the current weights: the team, each with a part of the
// processors, or without one the trainer's own model on all of them.
func (t *Trainer) workers(n int) ([]*worker, error) {
	if t.team == nil {
		if err := t.hire(); err != nil {
			return nil, err
		}
	}
	if t.team == nil {
		return []*worker{{g: t.g, model: t.model, params: t.params}}, nil
	}
	team := t.team[:min(n, len(t.team))]
	for _, w := range team {
		w.g.Training, w.g.Recompute, w.model.Heads.Training = t.g.Training, t.g.Recompute, t.model.Heads.Training
		w.model.Config = t.model.Config // trust may have changed
		for i, p := range w.params {
			if err := p.Copy(t.params[i]); err != nil {
				return nil, err
			}
		}
	}
	return team, nil
}

// hire assembles the team, if the device can be divided.
func (t *Trainer) hire() error {
	for _, dev := range t.division.parts(t.g.Device()) {
		m, err := t.model.CopyTo(dev)
		if err != nil {
			return fmt.Errorf("train: %w", err)
		}
		t.team = append(t.team, &worker{g: nn.NewGraph(dev), model: m, params: t.Recipe.mark(m.Params)})
	}
	return nil
}

// dismiss gives back what the team uses.
func (t *Trainer) dismiss() {
	for _, w := range t.team {
		w.model.Release()
		w.g.Close()
		w.g.Device().Close()
	}
	t.team = nil
}

// takeGradients returns the gradients of the trained parameters, and removes them.
func (w *worker) takeGradients() ([][]float32, error) {
	out := make([][]float32, len(w.params))
	for i, p := range w.params {
		var err error
		if out[i], err = p.TakeGrad(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// division is how the clips of a batch are divided among computations. Except for the number of workers, it does not depend on
// the machine, so that training is reproducible elsewhere.
type division struct {
	together int   // clips that run side by side
	apart    bool  // gradients of groups are computed apart and then added, so that groups can run at the same time
	workers  int   // at most, if they are
	bytes    int64 // that each worker takes
}

// Clips that run side by side may use sideBySideBytes of memory: more would only overflow the caches. On a CPU, whose threads
// work on several groups, they may use groupBytes, and all groups together teamBytes. Batches are divided into
// enoughGroups if they are that large.
const (
	sideBySideBytes = 1 << 30
	groupBytes      = 1 << 29
	teamBytes       = 2 << 30
	enoughGroups    = 4
)

// divide returns how a recipe's batches are divided on a device.
func divide(dev backend.Device, c slmsam.Config, r Recipe) (division, error) {
	if r.Batch == 1 {
		return division{together: 1}, nil
	}
	first, more, err := clipBytes(c, r)
	if err != nil {
		return division{}, err
	}
	_, splits := dev.(backend.Splitter)
	d := division{apart: splits && first <= teamBytes/2, together: r.Together}
	limit, most := int64(sideBySideBytes), r.Batch
	if d.apart {
		limit, most = groupBytes, max(1, r.Batch/enoughGroups)
	}
	if d.together == 0 {
		d.together = int(min(int64(most), 1+max(0, limit-first)/max(1, more)))
	}
	d.together = min(d.together, r.Batch)
	d.bytes = first + int64(d.together-1)*more
	d.workers = int(min(teamBytes/d.bytes, int64(d.groups(r.Batch))))
	return d, nil
}

// groups returns the number of groups of a batch of alike clips.
func (d division) groups(batch int) int { return (batch + d.together - 1) / d.together }

// parts returns the devices of a team, or nil if the whole device computes one group after the other.
func (d division) parts(dev backend.Device) []backend.Device {
	if s, ok := dev.(backend.Splitter); ok && d.apart {
		return s.Split(d.workers)
	}
	return nil
}

// members returns the number of workers on a device.
func (d division) members(dev backend.Device) int {
	parts := d.parts(dev)
	for _, p := range parts {
		p.Close()
	}
	return max(1, len(parts))
}

// clipBytes returns the memory that training on one of the recipe's largest clips takes, including the model's, and that of one
// more clip beside it.
func clipBytes(c slmsam.Config, r Recipe) (first, more int64, err error) {
	var bytes [2]int64 // for one clip and for two
	for i := range bytes {
		d := &dryDevice{}
		g := nn.NewGraph(d)
		m, err := slmsam.New(d, c)
		if err != nil {
			return 0, 0, fmt.Errorf("train: memory of a step: %w", err)
		}
		g.Recompute = r.Recompute
		r.mark(m.Params)
		clips := slices.Repeat([]*Clip{blankClip(c, r)}, i+1)
		if _, err := Backward(g, m, Upload(g, clips...), r.Memory, r.Weights, nil); err != nil {
			return 0, 0, fmt.Errorf("train: memory of a step: %w", err)
		}
		bytes[i] = d.peak
	}
	return bytes[0], bytes[1] - bytes[0], nil
}
