package slmsam

import (
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Image is the network's view of a slice before any object: computed once and used for all objects, prompts, and
// directions. In training, there may be K slices from as many clips.
type Image struct {
	Top       *nn.Tensor // [K,N,C] features at stride 16
	S0, S1    *nn.Tensor // [K,4g,4g,C/8], [K,2g,2g,C/4] finer features for the mask decoder
	Projected *nn.Tensor // [K,g,g,C] Top, projected for the memory encoder
}

// Encode computes the features of pixels [K,S,S,3], normalized as for ImageNet.
func (m *Model) Encode(g *nn.Graph, pixels *nn.Tensor) Image {
	out := g.Blocks(func() []*nn.Tensor {
		stages := m.Trunk.Forward(g, pixels)
		top := m.Neck.Top(g, stages) // [1,g,g,C]
		return []*nn.Tensor{
			top.Reshape(top.Dim(0), -1, top.Dim(3)),
			m.Neck.HighRes(g, 0, stages[0], m.Heads.Mask.ConvS0),
			m.Neck.HighRes(g, 1, stages[1], m.Heads.Mask.ConvS1),
			m.Memory.Project(g, top),
		}
	}, pixels)
	return Image{Top: out[0], S0: out[1], S1: out[2], Projected: out[3]}
}

// of returns the features for each object, whose slice among the K is given by clip. A single slice is shared by all.
func (im Image) of(g *nn.Graph, clip []int) Image {
	if im.Top.Dim(0) == 1 {
		return im
	}
	return Image{Top: g.Gather(im.Top, clip), S0: g.Gather(im.S0, clip), S1: g.Gather(im.S1, clip), Projected: g.Gather(im.Projected, clip)}
}

// features is the decoder's view of the slice, with top as the features at stride 16.
func (im Image) features(top *nn.Tensor) decoder.Features {
	return decoder.Features{Image: top, S0: im.S0, S1: im.S1}
}
