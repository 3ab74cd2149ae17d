package slmsam

import (
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Remember encodes what was found on a slice as memory [B,N,M]. The masks low [B,1,4g,4g] are upsampled to
// S x S; binarise takes them as 0 or 1 (prompted slices), otherwise their sigmoid counts.
func (m *Model) Remember(g *nn.Graph, im Image, low *nn.Tensor, score []float32, binarise bool) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		b, size := low.Dim(0), m.Config.ImageSize
		logits := g.Resize(low.Reshape(b, low.Dim(2), low.Dim(3), 1), size, size, nn.Bilinear)
		var mask *nn.Tensor // [B,S,S,1] in 0..1
		if binarise {
			mask = g.Greater(logits, 0)
		} else {
			mask = g.Sigmoid(logits)
		}
		mask = g.Affine(mask, decoder.MaskScale, decoder.MaskBias)
		x := m.Memory.Forward(g, im.Projected, mask)
		x = x.Reshape(b, -1, x.Dim(3))
		return g.ReplaceItems(x, func(i int) *nn.Tensor { // an absent object is marked at every place
			if score[i] > 0 {
				return nil
			}
			return g.Add(g.Item(x, i), m.noObject)
		})
	})
}
