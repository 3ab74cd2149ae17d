package hiera

import "github.com/seed-6f79f512/slmsam/nn"

// Neck is the feature pyramid (FPN, Lin et al., arXiv 1612.03144): a 1x1 convolution per stage, with only stride 32
// upsampled and added to stride 16.
type Neck struct {
	Lateral [4]nn.Linear // by stage, finest first: channels -> width
}

// NewNeck declares the neck's parameters under p (official prefix image_encoder.neck), where the coarsest
// stage comes first.
func NewNeck(p *nn.Params, channels [4]int, width int) *Neck {
	n := &Neck{}
	for i := range channels {
		n.Lateral[3-i] = p.In("convs", i).Pointwise("conv", channels[3-i], width)
	}
	return n
}

// Top returns the features at stride 16 [B,g,g,width] from stages 3 and 4.
func (n *Neck) Top(g *nn.Graph, stages []*nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		coarse := n.Lateral[3].Forward(g, stages[3]) // [B,g/2,g/2,width]
		up := g.Resize(coarse, stages[2].Dim(1), stages[2].Dim(2), nn.Nearest)
		return n.Lateral[2].AddTo(g, stages[2], up)
	})
}

// HighRes returns level 0 (stride 4) or 1 (stride 8) after its lateral convolution and the mask decoder's 1x1
// convolution conv. Nothing comes between these linear maps, so they are multiplied first.
func (n *Neck) HighRes(g *nn.Graph, level int, stage *nn.Tensor, conv nn.Linear) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		return n.Lateral[level].Then(g, conv).Forward(g, stage)
	})
}
