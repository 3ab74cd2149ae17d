package nn

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Activate returns act(x).
func (g *Graph) Activate(x *Tensor, act backend.Activation) *Tensor {
	switch act {
	case backend.Identity:
		return x
	case backend.ReLU:
		return g.nonlinear(x, backend.MapReLU)
	case backend.GELU:
		return g.nonlinear(x, backend.MapGELU)
	case backend.Sigmoid:
		return g.nonlinear(x, backend.MapSigmoid)
	}
	panic(fmt.Sprintf("nn.Activate: got activation %d, want one of the Activations", act))
}

// Sigmoid returns 1/(1+exp(-x)).
func (g *Graph) Sigmoid(x *Tensor) *Tensor { return g.nonlinear(x, backend.MapSigmoid) }

// nonlinear returns f(x), f without parameters.
func (g *Graph) nonlinear(x *Tensor, f backend.MapOp) *Tensor {
	y := g.like(x)
	g.dev.Map(backend.Map{Op: f, X: x.buf, Y: y.buf, N: x.size})
	g.record(y, []*Tensor{x}, []*Tensor{x}, func(dy backend.Buffer) {
		dx, acc := g.gradInto(x) // dx = dy * f'(x)
		g.dev.MapBackward(backend.MapBackward{Op: f, X: x.buf, DY: dy, DX: dx, N: x.size, Overwrite: !acc})
	})
	return y
}

// Affine returns p*x + q.
func (g *Graph) Affine(x *Tensor, p, q float32) *Tensor {
	y := g.like(x)
	g.dev.Map(backend.Map{Op: backend.MapAffine, X: x.buf, Y: y.buf, N: x.size, P: p, Q: q})
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		dx, acc := g.gradInto(x) // dx = p*dy
		g.dev.Map(backend.Map{Op: backend.MapAffine, X: dy, Y: dx, N: x.size, P: p, Accumulate: acc})
	})
	return y
}

// Greater returns 1 where x > threshold, else 0. It has no gradient.
func (g *Graph) Greater(x *Tensor, threshold float32) *Tensor {
	y := g.like(x)
	g.dev.Map(backend.Map{Op: backend.MapGreater, X: x.buf, Y: y.buf, N: x.size, P: threshold})
	return y
}

// Dropout zeroes each element with probability rate and scales the others by 1/(1-rate). It does nothing unless Training is on.
func (g *Graph) Dropout(x *Tensor, rate float32) *Tensor { return g.dropout(x, rate, 1) }

// DropPath does the same to whole batch items (stochastic depth; Huang et al., arXiv 1603.09382).
func (g *Graph) DropPath(x *Tensor, rate float32) *Tensor {
	return g.dropout(x, rate, x.size/x.Dim(0))
}

// dropout drops groups of group consecutive elements.
func (g *Graph) dropout(x *Tensor, rate float32, group int) *Tensor {
	if !g.Training || rate == 0 {
		return x
	}
	g.Seed++
	d := backend.Dropout{N: x.size, Group: group, Rate: rate, Seed: g.Seed}
	y := g.like(x)
	d.X, d.Y = x.buf, y.buf
	g.dev.Dropout(d)
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		d.X = dy
		d.Y, d.Accumulate = g.gradInto(x) // the same mask on the gradient
		g.dev.Dropout(d)
	})
	return y
}
