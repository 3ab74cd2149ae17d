package slmsam

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// ClipPrior is what the prior needs of an object's frame in a clip, computed ahead.
type ClipPrior struct {
	Gray  []uint8     // [S,S]
	Small []uint8     // [side,side] the same as Config.PriorGray has it
	Mask  []bool      // [side,side] truth
	Gap   float64     // between frames, in pixels of Small (Config.PriorGap)
	Moved *flow.Field // from the frame before; nil on the first
}

// clipPixels lets the priors look at frame i and returns what the network is shown of it, [B,S,S,3].
func (p priors) clipPixels(g *nn.Graph, f ClipFrame, i int) *nn.Tensor {
	p.look(f, i)
	gray := make([][]uint8, len(p))
	for k := range p {
		gray[k] = f.Prior[k].Gray
	}
	return p.pixels(g, gray)
}

// look lets the priors see frame i.
func (p priors) look(f ClipFrame, i int) {
	if len(f.Prior) != f.objects() {
		panic(fmt.Sprintf("slmsam.RunClip: a model with a prior takes ClipFrame.Prior of every object, got %d of %d", len(f.Prior), f.objects()))
	}
	sideBySide(len(p), func(k int) {
		one, of := p[k], f.Prior[k]
		one.gray, one.gap = of.Small, of.Gap
		switch {
		case i > 0:
			one.propose(i, false, of.Small, of.Moved)
		case f.points(k) == 0:
			one.outline(i, of.Small, of.Mask)
		}
	})
}

// runPriors is RunClip for a model of which only what corrects the prior is trained. Masks prompt; the first frame, whose
// loss is constant, is left out.
func (m *Model) runPriors(g *nn.Graph, frames []ClipFrame, each func(i int, out ClipOutput) error) error {
	p := m.newPriors(frames[0].objects())
	for i, f := range frames {
		if p.look(f, i); i == 0 {
			continue
		}
		var out ClipOutput
		var err error
		refine := func() { out, err = m.refine(g, p, f, i) }
		if f.Passed {
			g.NoGrad(refine)
		} else if refine(); err == nil {
			err = each(i, out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// refine is what is predicted on tracked frame i, from which the priors go on.
func (m *Model) refine(g *nn.Graph, p priors, f ClipFrame, i int) (ClipOutput, error) {
	asked := p.prompts(g)
	asked.Present, asked.Free = f.Present, f.Free
	r, err := decoder.PriorAlone(g, asked)
	if err != nil {
		return ClipOutput{}, err
	}
	out := m.predicted(g, all(f.objects()), r)
	return out, p.clipFound(g, f, i, []ClipOutput{out})
}

// clipFound goes on from frame i with what was found on it or, where the frame says so, with the truth. Without priors
// there is nothing to do.
func (p priors) clipFound(g *nn.Graph, f ClipFrame, i int, outs []ClipOutput) error {
	for _, out := range outs {
		if p == nil || i == 0 && f.points(out.Objects[0]) == 0 {
			continue
		}
		read, err := out.Result.Read(g, out.Result.LowRes)
		if err != nil {
			return fmt.Errorf("slmsam: %w", err)
		}
		low := read[0]
		n := len(low) / len(out.Objects)
		sideBySide(len(out.Objects), func(at int) {
			k, logits := out.Objects[at], low[at*n:(at+1)*n]
			switch {
			case i == 0:
				p[k].pointed(i, logits)
			case f.Recall != nil && f.Recall[k]:
				p[k].found(i, trueFound(f, k))
			case out.Result.Presence[at] <= 0:
				p[k].found(i, nil)
			default:
				p[k].found(i, logits)
			}
		})
	}
	return nil
}

// trueFound is the truth of an object as logits, nil where it is absent.
func trueFound(f ClipFrame, object int) []float32 {
	if f.Empty[object] {
		return nil
	}
	return maskLogits(f.Prior[object].Mask)
}
