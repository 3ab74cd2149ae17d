package slmsam

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// ClipPrior is what the prior needs of a frame of a clip, computed ahead.
type ClipPrior struct {
	Gray  []uint8     // [S,S]
	Small []uint8     // [side,side] the same as Config.PriorGray has it
	Mask  []bool      // [side,side] truth
	Moved *flow.Field // from the frame before; nil on the first
}

// clipPixels lets the prior look at frame i and returns what the network is shown of it.
func (p *prior) clipPixels(g *nn.Graph, f ClipFrame, i int) *nn.Tensor {
	if f.Prior == nil || f.Masks.Dim(0) != 1 {
		panic(fmt.Sprintf("slmsam.RunClip: a model with a prior takes clips of one object with ClipFrame.Prior, got %d", f.Masks.Dim(0)))
	}
	p.gray = f.Prior.Small
	switch {
	case i > 0:
		p.propose(i, false, p.gray, f.Prior.Moved)
	case f.Points == nil:
		p.outline(i, p.gray, f.Prior.Mask)
	}
	return p.pixels(g, f.Prior.Gray)
}

// clipFound goes on from frame i with what was found on it or, where the frame says so, with the truth; absent says
// that the object does not count as being there. Without a prior there is nothing to do.
func (p *prior) clipFound(g *nn.Graph, f ClipFrame, i int, r *decoder.Result) (absent bool, err error) {
	if p == nil || i == 0 && f.Points == nil {
		return false, nil
	}
	if i > 0 && f.Recall {
		if f.Empty[0] {
			p.found(i, nil)
			return true, nil
		}
		p.found(i, maskLogits(f.Prior.Mask))
		return false, nil
	}
	if i > 0 && r.Presence[0] <= 0 {
		p.found(i, nil)
		return true, nil
	}
	logits, err := g.Read(r.LowRes)
	if err != nil {
		return false, fmt.Errorf("slmsam: read masks: %w", err)
	}
	if i == 0 {
		p.pointed(i, logits)
	} else {
		p.found(i, logits)
	}
	return false, nil
}
