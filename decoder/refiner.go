package decoder

import (
	"github.com/seed-6f79f512/slmsam/convnext"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// PriorViews is the number of channels of Prior.View.
const PriorViews = 6

// Refiner corrects a mask and its object score at the prior's size: a U-Net (Ronneberger et al., MICCAI 2015) of ConvNeXt
// blocks. It sees the current slice plus the previous and the outlined slice warped onto it, which are what the short and
// the long memory hold, aligned by pixel.
//
// The score is read from the lowest level, or from that of a contracting path of its own: what makes masks better and what
// makes presence better then need not agree.
type Refiner struct {
	down     *contracting
	presence *contracting        // that the score is read from: down, or one of its own
	norm     nn.LayerNorm        // before the score
	score    nn.MLP              // from the lowest level
	up       [3]nn.Linear        // from the level below
	back     [3]*convnext.Block  // on the way up
	out      nn.LayerNorm        // before
	mask     nn.ConvTranspose2x2 // what is added to the logits
}

// NewRefiner declares a refiner under p for the given number of signs of presence, with width channels at its first level.
// If apart, presence has a contracting path of its own.
func NewRefiner(p *nn.Params, signs, width int, apart bool) *Refiner {
	const last = len(refinerBlocks) - 1
	w := [last + 1]int{width, 2 * width, 3 * width, 4 * width}
	r := &Refiner{down: newContracting(p, signs, w)}
	r.presence = r.down
	judge := p
	if apart {
		judge = p.In("presence")
		r.presence = newContracting(judge, signs, w)
	}
	r.norm = judge.In("down", last).LayerNorm("norm", w[last], 1e-6)
	r.score = p.MLP("score", backend.GELU, w[last], w[last]/2, 1)
	for i, c := range w[:last] {
		q := p.In("up", i)
		r.up[i] = q.Linear("step", w[i+1], c)
		r.back[i] = convnext.NewScaledBlock(q.In("block"), c, refinerScale)
	}
	r.out = p.LayerNorm("norm", w[0], 1e-6)
	r.mask = p.ConvTranspose2x2("mask", w[0], 1)
	return r
}

// Forward returns what to add to logits [B,s,s,1] and to scores [B,1]. view is [B,s,s,PriorViews] and signs
// [B,Signs]; s is a multiple of 16.
func (r *Refiner) Forward(g *nn.Graph, view, signs, logits *nn.Tensor) (mask, score *nn.Tensor) {
	out := g.Scoped(func() []*nn.Tensor {
		const last = len(refinerBlocks) - 1
		input := g.Concat(3, view, g.Affine(logits, 0.5, 0))
		levels := r.down.forward(g, input, signs)
		x := levels[last]
		lowest := x
		if r.presence != r.down {
			lowest = r.presence.forward(g, input, signs)[last]
		}
		score := r.score.Forward(g, r.norm.Forward(g, g.Resize(lowest, 1, 1, nn.BilinearAntialiased)).Reshape(-1, x.Dim(3)))
		for i := last - 1; i >= 0; i-- {
			side := levels[i].Dim(1)
			x = g.Add(g.Resize(r.up[i].Forward(g, x), side, side, nn.Bilinear), levels[i])
			x = r.back[i].Forward(g, x)
		}
		return []*nn.Tensor{r.mask.Forward(g, r.out.Forward(g, x)), score}
	})
	return out[0], out[1]
}
