package train

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Backward runs a clip forward, computes its loss and leaves the gradients in the parameters. each, unless
// nil, sees every slice's output and terms.
func Backward(g *nn.Graph, m *slmsam.Model, frames []slmsam.ClipFrame, mem slmsam.Memory, w Weights, each EachSlice) (Terms, error) {
	var total Terms
	var err error
	g.Scoped(func() []*nn.Tensor {
		g.Record()
		if total, err = Evaluate(g, m, frames, mem, w, each); err != nil {
			g.Discard()
			return nil
		}
		g.Backward()
		m.TouchUnused(g, frames[0].Points == nil)
		return nil
	})
	return total, err
}

// EachSlice sees what was predicted on slice i of a clip and its loss.
type EachSlice func(i int, out slmsam.ClipOutput, t Terms) error

// Evaluate runs a clip forward and computes its loss.
func Evaluate(g *nn.Graph, m *slmsam.Model, frames []slmsam.ClipFrame, mem slmsam.Memory, w Weights, each EachSlice) (Terms, error) {
	var total Terms
	err := m.RunClip(g, frames, mem, func(i int, out slmsam.ClipOutput) error {
		t, err := Loss(g, predictionOf(out), frames[i].Masks, frames[i].Empty, w)
		if err != nil {
			return err
		}
		total.Add(t)
		if each != nil {
			return each(i, out, t)
		}
		return nil
	})
	if err != nil {
		return total, fmt.Errorf("train: %w", err)
	}
	return total, nil
}
