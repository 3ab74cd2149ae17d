package slmsam

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
)

// pixels is the network's input for a slice of every object, from gray values [S,S] each: the gray values, how likely
// they belong to the object, and where it is expected. The latter two are 0 before there is an outline. -> [B,S,S,3]
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

// viewScale scales the prior's logits to about -2..2, and outlineScale does the same for distances in pixels.
const viewScale, outlineScale = 0.5, 0.2

// view fills out with the refiner's input, [side,side,PriorViews]: gray values, their likelihood, and the
// carried outline; then, warped to this slice, the gray values of the last slice, and the gray values and
// outline of the outlined one.
func (p *prior) view(out []float32) {
	of := p.proposal
	for i, gray := range p.gray {
		v := out[decoder.PriorViews*i:][:decoder.PriorViews]
		v[0], v[1], v[2] = normalizeGray(float32(gray)), viewScale*of.Likely[i], outlineScale*clipped(of.Flow[i])
		v[3], v[4], v[5] = normalizeGray(of.Last[i]), normalizeGray(of.Outlined[i]), outlineScale*clipped(of.Outline[i])
	}
}

// normalizeGray normalizes a gray value with ImageNet's mean and deviation for gray.
func normalizeGray(gray float32) float32 {
	const mean, deviation = 0.449, 0.226
	return (gray/255 - mean) / deviation
}

// normalized is normalizeGray for all pixels.
func normalized(gray []uint8) []float32 {
	out := make([]float32, len(gray))
	for i, v := range gray {
		out[i] = normalizeGray(float32(v))
	}
	return out
}

// times multiplies all values by k.
func times(values []float32, k float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = k * v
	}
	return out
}

// interleaved combines channels of the same size into one channels-last image.
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

// prompts returns the decoder's prompts for a tracked slice; none without priors.
func (p priors) prompts(g *nn.Graph) decoder.Prompts {
	if p == nil {
		return decoder.Prompts{}
	}
	heads, c, b := p[0].model.prior, p[0].model.Config, len(p)
	side, quarter := c.PriorSide(), 4*c.Grid()
	n := side * side
	logits, flows, views := make([]float32, b*n), make([]float32, b*n), make([]float32, b*n*decoder.PriorViews)
	signs := make([]float32, b*carry.Signs)
	sideBySide(b, func(k int) {
		one := p[k]
		copy(logits[k*n:], one.proposal.Logits)
		for i, d := range one.proposal.Flow {
			flows[k*n+i] = clipped(d)
		}
		one.view(views[k*n*decoder.PriorViews:])
		copy(signs[k*carry.Signs:], one.proposal.Evidence[:])
	})
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

// clipped limits a distance to the range of a mask prompt's logits.
func clipped(distance float32) float32 {
	return min(max(distance, decoder.MaskBias), decoder.MaskScale+decoder.MaskBias)
}

// sideBySide calls f for 0..n-1 concurrently and waits. A panic in one of them comes out of sideBySide, where callers can
// recover from it.
func sideBySide(n int, f func(k int)) {
	if n == 1 {
		f(0)
		return
	}
	var all sync.WaitGroup
	var fault atomic.Pointer[string]
	all.Add(n)
	for k := range n {
		go func() {
			defer all.Done()
			defer func() {
				if v := recover(); v != nil {
					text := fmt.Sprintf("%v\n\n%s", v, debug.Stack())
					fault.Store(&text)
				}
			}()
			f(k)
		}()
	}
	all.Wait()
	if text := fault.Load(); text != nil {
		panic(*text)
	}
}
