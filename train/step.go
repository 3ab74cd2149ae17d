package train

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Backward runs clips side by side, computes the loss of each, and leaves the gradient of their sum in the
// parameters. If each is not nil, it sees every slice's output and terms. The returned terms are per clip.
func Backward(g *nn.Graph, m *slmsam.Model, frames []slmsam.ClipFrame, mem slmsam.Memory, w Weights, each EachSlice) ([]Terms, error) {
	var total []Terms
	var err error
	g.Scoped(func() []*nn.Tensor {
		g.Record()
		if total, err = Evaluate(g, m, frames, mem, w, each); err != nil {
			g.Discard()
			return nil
		}
		g.Backward()
		m.TouchUnused(g, frames[0])
		return nil
	})
	return total, err
}

// EachSlice sees the predictions for some objects on slice i of the clips, and every clip's loss on that slice so
// far: on the first slice, it is called once for each kind of prompt.
type EachSlice func(i int, out slmsam.ClipOutput, t []Terms) error

// Evaluate runs clips side by side and returns the loss terms of each.
func Evaluate(g *nn.Graph, m *slmsam.Model, frames []slmsam.ClipFrame, mem slmsam.Memory, w Weights, each EachSlice) ([]Terms, error) {
	clips := frames[0].Clips()
	total, slice, at := make([]Terms, clips), make([]Terms, clips), 0
	err := m.RunClip(g, frames, mem, func(i int, out slmsam.ClipOutput) error {
		if i != at {
			addTerms(total, slice)
			clear(slice)
			at = i
		}
		f := frames[i]
		p, err := predictionOf(g, out)
		if err != nil {
			return err
		}
		if f.Known != nil {
			p.Logits = muted(g, p.Logits, g.Gather(f.Known, out.Objects))
		}
		if err := Loss(g, p, g.Gather(f.Masks, out.Objects), lossObjects(f, out.Objects, slice), w); err != nil {
			return err
		}
		if each != nil {
			return each(i, out, slice)
		}
		return nil
	})
	addTerms(total, slice)
	if err != nil {
		return total, fmt.Errorf("train: %w", err)
	}
	return total, nil
}

func addTerms(total, slice []Terms) {
	for i, t := range slice {
		total[i].Add(t)
	}
}

// lossObjects describes the objects of a frame to the loss; terms are per clip.
func lossObjects(f slmsam.ClipFrame, objects []int, terms []Terms) []Object {
	share := make([]int, len(terms))
	clip := func(o int) int {
		if f.Clip == nil {
			return 0
		}
		return f.Clip[o]
	}
	for o := range f.Empty {
		share[clip(o)]++
	}
	out := make([]Object, len(objects))
	for i, o := range objects {
		k := clip(o)
		out[i] = Object{Empty: f.Empty[o], Unsure: f.Unsure != nil && f.Unsure[o], Share: share[k], Terms: &terms[k]}
	}
	return out
}

// mutedLogit is so negative that a background pixel with it contributes nothing to any loss term.
const mutedLogit = -60

// muted makes logits [B*k,P] count as background, without a gradient, where known [B,P] is 0.
func muted(g *nn.Graph, logits, known *nn.Tensor) *nn.Tensor {
	b, pixels := known.Dim(0), known.Dim(1)
	k := logits.Dim(0) / b
	known = known.Reshape(b, 1, pixels)
	kept := g.Mul(logits.Reshape(b, k, pixels), known)
	return g.Add(kept, g.Affine(known, -mutedLogit, mutedLogit)).Reshape(b*k, pixels)
}
