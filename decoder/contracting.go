package decoder

import (
	"github.com/seed-6f79f512/slmsam/convnext"
	"github.com/seed-6f79f512/slmsam/nn"
)

// refinerBlocks is the number of blocks of each level of a contracting path. The first level has half the prior's resolution, and each
// of the others half of the one above it. They have one, two, three and four times the channels of the first.
var refinerBlocks = [4]int{1, 2, 2, 2}

// refinerScale is the initial layer scale of a refiner's blocks; there are few blocks and little time to learn.
const refinerScale = 0.1

// contracting is the way down a U-Net of ConvNeXt blocks.
type contracting struct {
	stem   nn.Conv2d            // to half the size
	norms  [3]nn.LayerNorm      // before each step down
	steps  [3]nn.Conv2d         // down to the next level
	blocks [4][]*convnext.Block // of each level
	signs  nn.Linear            // of the evidence, joins at the lowest level
}

// newContracting declares a contracting path under p for the given number of signs of presence, with w channels at each level.
func newContracting(p *nn.Params, signs int, w [4]int) *contracting {
	const last = len(refinerBlocks) - 1
	c := &contracting{
		stem:  p.Conv2d("stem", PriorViews+1, w[0], nn.Conv{Kernel: 4, Stride: 2, Pad: 1}),
		signs: p.Linear("signs", signs, w[last]),
	}
	for i := range w {
		q := p.In("down", i)
		if i < last {
			c.norms[i] = q.LayerNorm("norm", w[i], 1e-6)
			c.steps[i] = p.In("down", i+1).Conv2d("step", w[i], w[i+1], nn.Conv{Kernel: 2, Stride: 2})
		}
		for k := range refinerBlocks[i] {
			c.blocks[i] = append(c.blocks[i], convnext.NewScaledBlock(q.In("blocks", k), w[i], refinerScale))
		}
	}
	return c
}

// forward returns the outputs of all levels, [B,s/2,s/2,w0] to [B,s/16,s/16,w3], for an input [B,s,s,PriorViews+1] and signs [B,n].
func (c *contracting) forward(g *nn.Graph, x, signs *nn.Tensor) (levels [4]*nn.Tensor) {
	const last = len(refinerBlocks) - 1
	x = c.stem.Forward(g, x)
	for i := range levels {
		if i > 0 {
			x = c.steps[i-1].Forward(g, c.norms[i-1].Forward(g, x))
		}
		if i == last {
			x = g.Add(x, c.signs.Forward(g, signs).Reshape(-1, 1, 1, x.Dim(3)))
		}
		for _, block := range c.blocks[i] {
			x = block.Forward(g, x)
		}
		levels[i] = x
	}
	return levels
}
