package slmsam

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// ClipPrior is the precomputed input of the prior for one object on a frame.
type ClipPrior struct {
	Gray  []uint8     // [S,S] gray values
	Small []uint8     // [side,side] the same, resized by Config.PriorGray
	Mask  []bool      // [side,side] true mask
	Gap   float64     // between frames, in pixels of Small (Config.PriorGap)
	Moved *flow.Field // flow from the previous frame; nil on the first
}

// clipPixels shows frame i to the priors and returns the network's input for it, [B,S,S,3].
func (p priors) clipPixels(g *nn.Graph, f ClipFrame, i int) *nn.Tensor {
	p.observe(f, i)
	gray := make([][]uint8, len(p))
	for k := range p {
		gray[k] = f.Prior[k].Gray
	}
	return p.pixels(g, gray)
}

// observe shows frame i to the priors.
func (p priors) observe(f ClipFrame, i int) {
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

// runPriors is RunClip for a prior alone. Masks are the prompts; the first frame, whose loss is constant, is skipped.
func (m *Model) runPriors(g *nn.Graph, frames []ClipFrame, each func(i int, out ClipOutput) error) error {
	p := m.newPriors(frames[0].objects())
	for i, f := range frames {
		if p.observe(f, i); i == 0 {
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

// refine predicts tracked frame i; the priors continue from the prediction.
func (m *Model) refine(g *nn.Graph, p priors, f ClipFrame, i int) (ClipOutput, error) {
	asked := p.prompts(g)
	asked.Present, asked.Free = f.Present, f.Free
	r, err := decoder.PriorAlone(g, asked)
	if err != nil {
		return ClipOutput{}, err
	}
	out := m.predicted(g, upTo(f.objects()), r)
	return out, p.clipFound(g, f, i, []ClipOutput{out})
}

// clipFound continues the priors from frame i with what was predicted or, where Recall says so, with the truth. It
// does nothing without priors.
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
				p[k].startFromPoints(i, logits)
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

// trueFound returns an object's true mask as logits; nil if it is absent.
func trueFound(f ClipFrame, object int) []float32 {
	if f.Empty[object] {
		return nil
	}
	return maskLogits(f.Prior[object].Mask)
}
