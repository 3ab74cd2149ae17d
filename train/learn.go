package train

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/seed-6f79f512/slmsam"
)

// group is some clips of a batch that run side by side, and what they teach.
type group struct {
	clips []*Clip
	seed  uint32 // of the dropout

	terms     []Terms     // of the loss, per clip
	overlaps  []overlap   // per clip
	gradients [][]float32 // of the trained parameters, if they are kept apart from those of other groups
	err       error
}

// learn accumulates the gradients of a batch of clips. The loss of a batch is the mean of its clips' losses. first, the
// number of clips before this batch, seeds the dropout.
func (t *Trainer) learn(ctx context.Context, clips []*Clip, first int, m *Metrics) error {
	groups := t.groups(clips, first)
	if err := t.compute(ctx, groups); err != nil {
		return err
	}
	for _, of := range groups { // in order, so that sums don't depend on who was done first
		if of.err != nil {
			return fmt.Errorf("clip %s: %w", of.clips[0].Name, of.err)
		}
		for i, v := range of.gradients {
			if v != nil {
				t.g.AddGrad(t.params[i].Tensor, v)
			}
		}
		if err := t.record(of, m); err != nil {
			return err
		}
	}
	return nil
}

// groups divides a batch into groups of up to t.division.together clips of the same shape.
func (t *Trainer) groups(clips []*Clip, first int) []*group {
	clips = slices.Clone(clips)
	slices.SortStableFunc(clips, (*Clip).compare)
	var groups []*group
	for len(clips) > 0 {
		n := 1
		for n < min(len(clips), t.division.together) && clips[n].compare(clips[0]) == 0 {
			n++
		}
		groups = append(groups, &group{clips: clips[:n], seed: uint32(stepSeed(t.Recipe.Seed, first))})
		clips, first = clips[n:], first+n
	}
	return groups
}

// compute runs the groups, as many at the same time as there are workers. The longest begin first, so that no worker is left
// with a long one at the end.
func (t *Trainer) compute(ctx context.Context, groups []*group) error {
	workers, err := t.workers(len(groups))
	if err != nil {
		return err
	}
	free := make(chan *worker, len(workers))
	for _, w := range workers {
		free <- w
	}
	var running sync.WaitGroup
	defer running.Wait()
	longest := slices.SortedStableFunc(slices.Values(groups), func(a, b *group) int { return cmp.Compare(b.work(), a.work()) })
	for i, of := range longest {
		if t.Pause != nil && i%len(workers) == 0 { // in rounds, because nothing may be computed during a pause
			running.Wait()
			if err := t.Pause(ctx); err != nil {
				return err
			}
		}
		w := <-free
		running.Add(1)
		go func() {
			defer running.Done()
			of.err = guarded(func() error { return w.compute(of, t.Recipe, t.division.apart) })
			free <- w
		}()
	}
	return nil
}

// work is roughly proportional to the time that a group takes.
func (of *group) work() int {
	const learned = 3 // times the work of a frame that is only passed
	n := 0
	for _, f := range of.clips[0].Frames {
		if f.Passed {
			n++
		} else {
			n += learned
		}
	}
	return n * len(of.clips)
}

// compute runs the group's clips forward and backward. Their gradients stay in the worker's parameters unless they are to be
// kept apart.
func (w *worker) compute(of *group, r Recipe, apart bool) (err error) {
	w.g.Seed = of.seed
	of.overlaps = make([]overlap, len(of.clips))
	of.terms, err = Backward(w.g, w.model, Upload(w.g, of.clips...), r.Memory, r.share(), func(i int, _ slmsam.ClipOutput, terms []Terms) error {
		for k, c := range of.clips {
			of.overlaps[k].add(i, c.Frames[i].Empty, terms[k])
		}
		return nil
	})
	w.g.Free()
	if err == nil && apart {
		of.gradients, err = w.takeGradients()
	}
	return err
}

// share returns the weights of the loss terms for one clip of a batch.
func (r Recipe) share() Weights {
	n, w := float64(r.Batch), r.Weights
	return Weights{Mask: w.Mask / n, Dice: w.Dice / n, IoU: w.IoU / n, Class: w.Class / n}
}

// record adds a group's loss to the step's metrics. It is an error if the training diverges.
func (t *Trainer) record(of *group, m *Metrics) error {
	for k, c := range of.clips {
		m.add(c.Name, of.terms[k], t.Recipe.share(), of.overlaps[k].mean(), float64(t.Recipe.Batch))
		if loss := of.terms[k].Total(t.Recipe.Weights); !of.terms[k].Finite() || loss > t.Recipe.MaxLoss {
			return fmt.Errorf("train: step %d: %w: the loss of clip %s is %g; lower the learning rates, or check that volume",
				m.Step, errDiverged, c.Name, loss)
		}
	}
	return nil
}

// overlap averages the soft Dice of a clip's tracked slices, recovered from the loss.
type overlap struct {
	sum float64
	n   int
}

// add counts a frame, unless it is the first or holds no object.
func (o *overlap) add(frame int, empty []bool, t Terms) {
	present := 0
	for _, e := range empty {
		if !e {
			present++
		}
	}
	if frame > 0 && present > 0 {
		o.sum += 1 - t.Dice*float64(len(empty))/float64(present)
		o.n++
	}
}

// mean is NaN if no tracked slice held an object.
func (o *overlap) mean() float64 { return o.sum / float64(o.n) }
