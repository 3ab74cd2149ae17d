package decoder

import (
	"github.com/seed-6f79f512/slmsam/convnext"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// PriorViews is the number of channels of Prior.View.
const PriorViews = 6

// refinerBlocks is the number of blocks on the way down through each level of a refiner, which start at half the prior's
// resolution. The levels have one, two, three and four times the channels of the first.
var refinerBlocks = [4]int{1, 2, 2, 2}

// refinerScale is the initial layer scale of a refiner's blocks; there are few blocks and little time to learn.
const refinerScale = 0.1

// Refiner corrects a mask and its object score at the prior's size: a U-Net (Ronneberger et al., MICCAI 2015) of ConvNeXt
// blocks. It sees the current slice plus the previous and the outlined slice warped onto it, which are what the short and
// the long memory hold, aligned by pixel.
type Refiner struct {
	stem  nn.Conv2d            // to half the size
	norms [4]nn.LayerNorm      // before each step down; the last one before the score
	steps [4]nn.Conv2d         // down to each level; the first is not used
	down  [4][]*convnext.Block // on the way down
	up    [3]nn.Linear         // from the level below
	back  [3]*convnext.Block   // on the way up
	signs nn.Linear            // of the evidence, joins at the lowest level
	score nn.MLP               // from the lowest level
	out   nn.LayerNorm         // before
	mask  nn.ConvTranspose2x2  // what is added to the logits
}

// NewRefiner declares a refiner under p for the given number of signs of presence, with width channels at its first level.
func NewRefiner(p *nn.Params, signs, width int) *Refiner {
	const last = len(refinerBlocks) - 1
	w := [last + 1]int{width, 2 * width, 3 * width, 4 * width}
	r := &Refiner{
		stem:  p.Conv2d("stem", PriorViews+1, w[0], nn.Conv{Kernel: 4, Stride: 2, Pad: 1}),
		signs: p.Linear("signs", signs, w[last]),
		score: p.MLP("score", backend.GELU, w[last], w[last]/2, 1),
		out:   p.LayerNorm("norm", w[0], 1e-6),
		mask:  p.ConvTranspose2x2("mask", w[0], 1),
	}
	for i, c := range w {
		q := p.In("down", i)
		r.norms[i] = q.LayerNorm("norm", c, 1e-6)
		if i > 0 {
			r.steps[i] = q.Conv2d("step", w[i-1], c, nn.Conv{Kernel: 2, Stride: 2})
		}
		for k := range refinerBlocks[i] {
			r.down[i] = append(r.down[i], convnext.NewScaledBlock(q.In("blocks", k), c, refinerScale))
		}
		if i < last {
			q := p.In("up", i)
			r.up[i] = q.Linear("step", w[i+1], c)
			r.back[i] = convnext.NewScaledBlock(q.In("block"), c, refinerScale)
		}
	}
	return r
}

// Forward returns what to add to logits [B,s,s,1] and to scores [B,1]. view is [B,s,s,PriorViews] and signs
// [B,Signs]; s is a multiple of 16.
func (r *Refiner) Forward(g *nn.Graph, view, signs, logits *nn.Tensor) (mask, score *nn.Tensor) {
	out := g.Scoped(func() []*nn.Tensor {
		const last = len(refinerBlocks) - 1
		var levels [last + 1]*nn.Tensor
		x := r.stem.Forward(g, g.Concat(3, view, g.Affine(logits, 0.5, 0)))
		for i := range levels {
			if i > 0 {
				x = r.steps[i].Forward(g, r.norms[i-1].Forward(g, x))
			}
			if i == last {
				x = g.Add(x, r.signs.Forward(g, signs).Reshape(-1, 1, 1, x.Dim(3)))
			}
			for _, block := range r.down[i] {
				x = block.Forward(g, x)
			}
			levels[i] = x
		}
		score := r.score.Forward(g, r.norms[last].Forward(g, g.Resize(x, 1, 1, nn.BilinearAntialiased)).Reshape(-1, x.Dim(3)))
		for i := last - 1; i >= 0; i-- {
			side := levels[i].Dim(1)
			x = g.Add(g.Resize(r.up[i].Forward(g, x), side, side, nn.Bilinear), levels[i])
			x = r.back[i].Forward(g, x)
		}
		return []*nn.Tensor{r.mask.Forward(g, r.out.Forward(g, x)), score}
	})
	return out[0], out[1]
}
