package convnext

import (
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Block is a ConvNeXt block (SAM 2's CXBlock).
type Block struct {
	Depthwise nn.DepthwiseConv // 7x7
	Norm      nn.LayerNorm
	Expand    nn.Linear  // C -> 4C
	Contract  nn.Linear  // 4C -> C
	Scale     *nn.Tensor // [C] layer scale
}

// NewBlock declares a block of c channels under p. When fresh, it is nearly the identity.
func NewBlock(p *nn.Params, c int) *Block { return NewScaledBlock(p, c, 1e-6) }

// NewScaledBlock is NewBlock with a different initial layer scale.
func NewScaledBlock(p *nn.Params, c int, scale float32) *Block {
	return &Block{
		Scale:     p.Tensor("gamma", nn.Const(scale), nil, c),
		Depthwise: p.DepthwiseConv("dwconv", c, 7),
		Norm:      p.LayerNorm("norm", c, 1e-6),
		Expand:    p.Linear("pwconv1", c, 4*c),
		Contract:  p.ScaledLinear("pwconv2", 4*c, c),
	}
}

// Forward returns x + scale * contract(gelu(expand(norm(depthwise(x))))), x [B,H,W,C].
func (b *Block) Forward(g *nn.Graph, x *nn.Tensor) *nn.Tensor {
	return g.Block(func() *nn.Tensor {
		y := b.Norm.Forward(g, b.Depthwise.Forward(g, x))
		y = b.Expand.Act(g, y, backend.GELU)
		return b.Contract.Times(g, b.Scale).AddTo(g, y, x)
	}, x)
}

// Fuser is a chain of blocks (SAM 2's Fuser, without the input projection).
type Fuser struct{ Blocks []*Block }

// NewFuser declares n blocks of c channels under p.
func NewFuser(p *nn.Params, n, c int) *Fuser {
	f := &Fuser{}
	for i := 0; i < n; i++ {
		f.Blocks = append(f.Blocks, NewBlock(p.In("layers", i), c))
	}
	return f
}

// Forward maps x [B,H,W,C] to the same shape.
func (f *Fuser) Forward(g *nn.Graph, x *nn.Tensor) *nn.Tensor {
	for _, b := range f.Blocks {
		x = b.Forward(g, x)
	}
	return x
}

// Fuse combines the features after short and long memory attention, [B,H,W,C] each, by passing their sum through the
// blocks (SLM-SAM 2, equation 3).
func (f *Fuser) Fuse(g *nn.Graph, short, long *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor { return f.Forward(g, g.Add(short, long)) })
}
