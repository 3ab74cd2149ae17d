package slmsam

import (
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Remember encodes what was found on a slice as memory [B,N,M]. The masks low [B,1,4g,4g] are upsampled to S x S, and
// then thresholded if binarize (on prompted slices) or passed through a sigmoid. gate [B,1] is above 0 where an
// object is present.
func (m *Model) Remember(g *nn.Graph, im Image, low *nn.Tensor, gate *nn.Tensor, binarize bool) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		logits := m.upsample(g, low)
		if binarize {
			return m.encodeMemory(g, im, g.Greater(logits, 0), gate)
		}
		return m.RememberLogits(g, im, logits, gate)
	})
}

// RememberLogits encodes the sigmoid of mask logits [B,S,S,1].
func (m *Model) RememberLogits(g *nn.Graph, im Image, logits, gate *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor { return m.encodeMemory(g, im, g.Sigmoid(logits), gate) })
}

// encodeMemory encodes masks [B,S,S,1] in 0..1; the memory of an absent object is marked at every position.
func (m *Model) encodeMemory(g *nn.Graph, im Image, masks, gate *nn.Tensor) *nn.Tensor {
	x := m.Memory.Forward(g, im.Projected, g.Affine(masks, decoder.MaskScale, decoder.MaskBias))
	b, width := x.Dim(0), x.Dim(3)
	marked := g.Choose(x.Reshape(b, 1, -1, width), nn.Pick{Count: 1, Gate: gate, Instead: m.noObject, Addition: true})
	return marked.Reshape(b, -1, width)
}

// upsample upsamples masks [B,k,4g,4g] to the image's size, [B*k,S,S,1].
func (m *Model) upsample(g *nn.Graph, low *nn.Tensor) *nn.Tensor {
	size := m.Config.ImageSize
	return g.Resize(low.Reshape(-1, low.Dim(2), low.Dim(3), 1), size, size, nn.Bilinear)
}
