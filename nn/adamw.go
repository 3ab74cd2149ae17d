package nn

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// AdamW is Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101). Its moments are kept on the device. A
// parameter without a gradient is left unchanged and has no moments.
type AdamW struct {
	Beta1, Beta2, Eps float64
	g                 *Graph
	moments           map[*Param]*Moments
}

// Moments is the optimizer's state for one parameter.
type Moments struct {
	M, V *Tensor // running means of the gradient and of its square, laid out like the parameter
	Step int     // updates so far
}

// NewAdamW returns an optimizer with the usual betas (0.9, 0.999) and eps 1e-8.
func NewAdamW(g *Graph) *AdamW {
	return &AdamW{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, g: g, moments: map[*Param]*Moments{}}
}

// Moments returns the state of a parameter; it starts as zeros.
func (o *AdamW) Moments(p *Param) *Moments {
	m := o.moments[p]
	if m == nil {
		zero := func() *Tensor {
			t := &Tensor{Shape: p.Tensor.Shape, storage: newStorage(o.g.dev, p.Tensor.size)}
			o.g.dev.Fill(backend.Fill{X: t.buf, N: t.size})
			return t
		}
		m = &Moments{M: zero(), V: zero()}
		o.moments[p] = m
	}
	return m
}

// Update takes one step for a parameter, with the given learning rate and weight decay. Its gradient is first multiplied by
// gradScale, for gradient clipping.
func (o *AdamW) Update(p *Param, lr, weightDecay, gradScale float64) {
	if p.Tensor.grad == nil {
		return
	}
	m := o.Moments(p)
	m.Step++
	p.Tensor.version++
	o.g.dev.AdamW(backend.AdamW{Param: p.Tensor.buf, G: p.Tensor.grad.buf, M: m.M.buf, V: m.V.buf, N: p.Tensor.size,
		LR: float32(lr), Beta1: float32(o.Beta1), Beta2: float32(o.Beta2), Eps: float32(o.Eps),
		WeightDecay: float32(weightDecay), GradScale: float32(gradScale),
		Correction1: float32(1 - math.Pow(o.Beta1, float64(m.Step))),
		Correction2: float32(1 - math.Pow(o.Beta2, float64(m.Step)))})
}

// GradNorm returns the L2 norm of the gradients of all parameters together.
func (g *Graph) GradNorm(params []*Param) (float64, error) {
	sum := g.Zeros(1)
	for _, p := range params {
		if t := p.Tensor; t.grad != nil {
			g.dev.Dot(backend.Dot{X: t.grad.buf, Y: t.grad.buf, Z: sum.buf, N: t.size, P: 1})
		}
	}
	v, err := g.Read(sum)
	if err != nil {
		return 0, err
	}
	return math.Sqrt(float64(v[0])), nil
}

// State returns the moments of a parameter in checkpoint layout, or nil if it was never updated.
func (o *AdamW) State(p *Param) (m, v []float32, step int, err error) {
	s := o.moments[p]
	if s == nil {
		return nil, nil, 0, nil
	}
	if m, err = p.read(s.M.storage); err != nil {
		return nil, nil, 0, err
	}
	v, err = p.read(s.V.storage)
	return m, v, s.Step, err
}

// SetState replaces the moments of a parameter with values in checkpoint layout.
func (o *AdamW) SetState(p *Param, m, v []float32, step int) {
	check(len(m) == p.Tensor.size && len(v) == p.Tensor.size, "AdamW.SetState "+p.Name, [2]int{len(m), len(v)}, p.Shape)
	s := o.Moments(p)
	o.g.dev.Write(s.M.buf, 0, p.toOurs(m))
	o.g.dev.Write(s.V.buf, 0, p.toOurs(v))
	s.Step = step
}
