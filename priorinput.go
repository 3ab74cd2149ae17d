package slmsam

import (
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
)

// pixels is what the network is shown of a slice of every object, [S,S] each: its gray values, how likely they are the
// object's, and where it is expected; nothing of the last two before there is an outline.
func (p priors) pixels(g *nn.Graph, gray [][]uint8) *nn.Tensor {
	var out []float32
	size := p[0].model.Config.ImageSize
	for k, one := range p {
		side := one.model.Config.PriorSide()
		channels := [][]float32{normalized(gray[k]), make([]float32, size*size), make([]float32, size*size)}
		if one.proposal != nil {
			for c, values := range [][]float32{one.proposal.Likely, one.proposal.Logits} {
				channels[1+c] = volume.ResizeBilinear(times(values, viewScale), side, side, size, size)
			}
		}
		out = append(out, interleaved(channels)...)
	}
	return g.Upload(out, len(p), size, size, 3)
}

// viewScale brings the prior's logits to about -2..2, and outlineScale distances in pixels likewise.
const viewScale, outlineScale = 0.5, 0.2

// view is what the mask is refined by, [side,side,PriorViews]: gray values, their likelihood, and the carried outline; gray
// values of the last slice, and gray values and outline of the outlined one, carried here.
func (p *prior) view() []float32 {
	of := p.proposal
	return interleaved([][]float32{normalized(p.gray), times(of.Likely, viewScale), times(clipped(of.Flow), outlineScale),
		normalized(of.Last), normalized(of.Outlined), times(clipped(of.Outline), outlineScale)})
}

// normalized gray values have ImageNet's mean and deviation, of gray.
func normalized[T uint8 | float32](gray []T) []float32 {
	const mean, deviation = 0.449, 0.226
	out := make([]float32, len(gray))
	for i, v := range gray {
		out[i] = (float32(v)/255 - mean) / deviation
	}
	return out
}

func times(values []float32, k float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = k * v
	}
	return out
}

// interleaved puts pictures of one size together as the channels of one.
func interleaved(channels [][]float32) []float32 {
	n := len(channels)
	out := make([]float32, n*len(channels[0]))
	for c, values := range channels {
		for i, v := range values {
			out[n*i+c] = v
		}
	}
	return out
}

// prompts is what the decoder is told of a tracked slice; nothing without priors.
func (p priors) prompts(g *nn.Graph) decoder.Prompts {
	if p == nil {
		return decoder.Prompts{}
	}
	var logits, flows, views, signs []float32
	for _, one := range p {
		logits, flows = append(logits, one.proposal.Logits...), append(flows, clipped(one.proposal.Flow)...)
		views, signs = append(views, one.view()...), append(signs, one.proposal.Evidence[:]...)
	}
	heads, c, b := p[0].model.prior, p[0].model.Config, len(p)
	side, quarter := c.PriorSide(), 4*c.Grid()
	out := g.Scoped(func() []*nn.Tensor {
		evidence := g.Upload(signs, b, carry.Signs)
		dense := g.Upload(flows, b, side, side, 1)
		if quarter != side {
			dense = g.Resize(dense, quarter, quarter, nn.Bilinear)
		}
		return []*nn.Tensor{dense, g.Mul(g.Upload(logits, b, 1, side, side), heads.gain), g.Upload(views, b, side, side, decoder.PriorViews),
			evidence, heads.evidence.Forward(g, evidence), heads.token.Forward(g, evidence).Reshape(b, 1, -1)}
	})
	return decoder.Prompts{Mask: out[0], Prior: &decoder.Prior{Logits: out[1], View: out[2], Signs: out[3], Score: out[4], Token: out[5],
		Refiner: heads.refiner}}
}

// clipped keeps distances within what a mask prompt's logits are.
func clipped(distance []float32) []float32 {
	out := make([]float32, len(distance))
	for i, d := range distance {
		out[i] = min(max(d, decoder.MaskBias), decoder.MaskScale+decoder.MaskBias)
	}
	return out
}
