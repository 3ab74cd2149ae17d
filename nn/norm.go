package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// LayerNorm normalizes every row of x [..,C] to mean 0 and variance 1, then multiplies by gamma [C] and adds beta [C] (Ba et al.,
// arXiv 1607.06450). On channels-last images it is SAM's LayerNorm2d.
func (g *Graph) LayerNorm(x, gamma, beta *Tensor, eps float32) *Tensor {
	return g.layerNorm(x, gamma, beta, eps, backend.Identity)
}

// LayerNormAct returns act(LayerNorm(x)).
func (g *Graph) LayerNormAct(x, gamma, beta *Tensor, eps float32, act backend.Activation) *Tensor {
	if g.records(x, gamma, beta) { // the backward pass needs the values before the activation
		return g.Activate(g.layerNorm(x, gamma, beta, eps, backend.Identity), act)
	}
	return g.layerNorm(x, gamma, beta, eps, act)
}

func (g *Graph) layerNorm(x, gamma, beta *Tensor, eps float32, act backend.Activation) *Tensor {
	rows, c := x.Rows(), x.Dim(-1)
	check(gamma.size == c && beta.size == c, "LayerNorm", x.Shape, gamma.Shape)
	y := g.like(x)
	g.dev.LayerNorm(backend.LayerNorm{X: x.buf, Gamma: gamma.buf, Beta: beta.buf, Y: y.buf, Rows: rows, C: c, Eps: eps, Act: act})
	g.record(y, []*Tensor{x, gamma, beta}, []*Tensor{x, gamma}, func(dy backend.Buffer) {
		b := backend.LayerNormBackward{X: x.buf, Gamma: gamma.buf, DY: dy, Rows: rows, C: c, Eps: eps}
		if x.needsGrad {
			dx, acc := g.gradInto(x)
			b.DX, b.Overwrite = dx, !acc
		}
		if gamma.needsGrad || beta.needsGrad {
			b.DGamma, b.DBeta = g.gradSum(gamma), g.gradSum(beta)
		}
		g.dev.LayerNormBackward(b)
	})
	return y
}
