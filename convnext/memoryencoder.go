package convnext

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// maskGain is the initial scale of the mask downsampler's last weights, relative to PyTorch's default: in a fresh
// memory, the mask counts for more than the image. With the default along the mask's whole path, a mask changes only
// a thirtieth of what the next slice sees, too little for a fresh model to notice.
const maskGain = 3

// MemoryEncoder turns a slice's features and mask into a memory (SAM 2, section 4; MemoryEncoder).
type MemoryEncoder struct {
	Mask     *MaskDownsampler
	Features nn.Linear // pix_feat_proj
	Fuser    *Fuser
	Out      nn.Linear // width -> memory width
}

// NewMemoryEncoder declares the encoder's parameters under p (official prefix memory_encoder).
func NewMemoryEncoder(p *nn.Params, width, memoryWidth, blocks int) *MemoryEncoder {
	return &MemoryEncoder{
		Mask:     newMaskDownsampler(p.In("mask_downsampler"), width),
		Features: p.Pointwise("pix_feat_proj", width, width),
		Fuser:    NewFuser(p.In("fuser"), blocks, width),
		Out:      p.WithGain(nn.KeepSize).Pointwise("out_proj", width, memoryWidth),
	}
}

// Project prepares a slice's features, which do not depend on the object: [1,g,g,C] -> same.
func (m *MemoryEncoder) Project(g *nn.Graph, features *nn.Tensor) *nn.Tensor {
	return m.Features.Forward(g, features)
}

// Forward encodes masks [B,S,S,1], already scaled to -10..10, with the projected features [1 or B,g,g,C] ->
// [B,g,g,memory width].
func (m *MemoryEncoder) Forward(g *nn.Graph, projected, masks *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		x := g.Add(m.Mask.Forward(g, masks), projected)
		return m.Out.Forward(g, m.Fuser.Forward(g, x))
	})
}

// MaskDownsampler reduces a mask by a factor of 16 with four strided convolutions of 4, 16, 64, and 256 channels.
type MaskDownsampler struct {
	Convs [4]nn.Conv2d
	Norms [4]nn.LayerNorm
	Out   nn.Linear
}

func newMaskDownsampler(p *nn.Params, width int) *MaskDownsampler {
	m := &MaskDownsampler{}
	q := p.In("encoder") // a torch.nn.Sequential of (conv, norm, GELU) x 4, conv
	in := 1
	for i := range m.Convs {
		out := 4 * in
		m.Convs[i] = q.Conv2d(fmt.Sprint(3*i), in, out, nn.Conv{Kernel: 3, Stride: 2, Pad: 1})
		m.Norms[i] = q.LayerNorm(fmt.Sprint(3*i+1), out, 1e-6)
		in = out
	}
	m.Out = q.WithGain(maskGain).Pointwise("12", in, width)
	return m
}

// Forward maps masks [B,S,S,1] to [B,S/16,S/16,width].
func (m *MaskDownsampler) Forward(g *nn.Graph, masks *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		x := masks
		for i := range m.Convs {
			x = m.stage(g, i, x)
		}
		return m.Out.Forward(g, x)
	})
}

// stage is one convolution with its norm and activation: [B,H,W,C] -> [B,H/2,W/2,4C].
func (m *MaskDownsampler) stage(g *nn.Graph, i int, x *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		return m.Norms[i].Act(g, m.Convs[i].Forward(g, x), backend.GELU)
	})
}
