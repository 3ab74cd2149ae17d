package nn

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Linear is an affine map of rows: weight [in,out] (stored [out,in] in a checkpoint), bias [out].
type Linear struct{ W, B *Tensor }

// Linear declares name.weight and name.bias.
func (p *Params) Linear(name string, in, out int) Linear {
	return p.LinearFrom(name, in, out, uniformFan(in, 1))
}

// LinearFrom is Linear with a different initial bias.
func (p *Params) LinearFrom(name string, in, out int, bias Init) Linear {
	q := p.In(name)
	return Linear{
		W: q.factorTensor("weight", uniformFan(in, p.gain), []int{1, 0}, out, in),
		B: q.Tensor("bias", bias, nil, out),
	}
}

// ScaledLinear is Linear for a map that is used through Times. Its weight is always kept in float32, because other kernels than
// matrix products read it.
func (p *Params) ScaledLinear(name string, in, out int) Linear {
	q := p.In(name)
	return Linear{W: q.Tensor("weight", uniformFan(in, p.gain), []int{1, 0}, out, in), B: q.Tensor("bias", uniformFan(in, 1), nil, out)}
}

// Forward maps x [..,in] to [..,out].
func (l Linear) Forward(g *Graph, x *Tensor) *Tensor { return g.Linear(x, l.W, l.B) }

// Act returns act(Forward(x)).
func (l Linear) Act(g *Graph, x *Tensor, act backend.Activation) *Tensor {
	return g.LinearAct(x, l.W, l.B, act)
}

// AddTo returns Forward(x) + residual.
func (l Linear) AddTo(g *Graph, x, residual *Tensor) *Tensor {
	return g.LinearAdd(x, l.W, l.B, residual)
}

// Rotated returns RoPE(Forward(x)): x [B,N,in], of which the first `rotated` tokens are rotated.
func (l Linear) Rotated(g *Graph, x, table *Tensor, rotated int) *Tensor {
	return g.LinearRotated(x, l.W, l.B, table, l.W.Dim(1), rotated)
}

// Then returns the composition of l and next as a single map: (x.W + b).V + c = x.(W.V) + (b.V + c). It is cached (see
// Graph.Derived), as are the results of Beside and Times.
func (l Linear) Then(g *Graph, next Linear) Linear {
	made := g.Derived(l.W.storage, "then", []*Tensor{l.W, l.B, next.W, next.B}, func() []*Tensor {
		b := g.Linear(l.B.Reshape(1, -1), next.W, next.B)
		return []*Tensor{g.Linear(l.W, next.W, nil), b.Reshape(-1)}
	})
	return Linear{W: made[0], B: made[1]}
}

// Beside returns the map whose output is the outputs of l and the others, side by side: one product instead of several.
func (l Linear) Beside(g *Graph, others ...Linear) Linear {
	from, ws, bs := []*Tensor{l.W, l.B}, []*Tensor{l.W}, []*Tensor{l.B}
	for _, o := range others {
		from, ws, bs = append(from, o.W, o.B), append(ws, o.W), append(bs, o.B)
	}
	made := g.Derived(l.W.storage, "beside", from, func() []*Tensor { return []*Tensor{g.Concat(1, ws...), g.Concat(0, bs...)} })
	return Linear{W: made[0], B: made[1]}
}

// Times returns the map whose output is that of l times scale [out]: (x.W + b)*s = x.(W*s) + b*s.
func (l Linear) Times(g *Graph, scale *Tensor) Linear {
	made := g.Derived(l.W.storage, "times", []*Tensor{l.W, l.B, scale}, func() []*Tensor {
		return []*Tensor{g.Mul(l.W, scale), g.Mul(l.B, scale)}
	})
	return Linear{W: made[0], B: made[1]}
}

// LayerNorm normalizes rows, with a learned scale and shift [C].
type LayerNorm struct {
	Gamma, Beta *Tensor
	Eps         float32
}

// LayerNorm declares name.weight and name.bias.
func (p *Params) LayerNorm(name string, c int, eps float32) LayerNorm {
	q := p.In(name)
	return LayerNorm{q.Tensor("weight", Const(1), nil, c), q.Tensor("bias", Const(0), nil, c), eps}
}

// Forward normalizes the rows of x [..,C].
func (l LayerNorm) Forward(g *Graph, x *Tensor) *Tensor {
	return g.LayerNorm(x, l.Gamma, l.Beta, l.Eps)
}

// Act returns act(Forward(x)).
func (l LayerNorm) Act(g *Graph, x *Tensor, act backend.Activation) *Tensor {
	return g.LayerNormAct(x, l.Gamma, l.Beta, l.Eps, act)
}

// Conv2d is a convolution: weight [K*K*in,out] (stored [out,in,K,K]), bias [out].
type Conv2d struct {
	W, B     *Tensor
	Geometry Conv
}

// Conv2d declares name.weight and name.bias.
func (p *Params) Conv2d(name string, in, out int, geometry Conv) Conv2d {
	q, k := p.In(name), geometry.Kernel
	w := q.factorTensor("weight", uniformFan(in*k*k, p.gain), []int{2, 3, 1, 0}, out, in, k, k)
	return Conv2d{w.Reshape(k*k*in, out), q.Tensor("bias", uniformFan(in*k*k, 1), nil, out), geometry}
}

// Forward maps x [B,H,W,in] to [B,OH,OW,out].
func (c Conv2d) Forward(g *Graph, x *Tensor) *Tensor { return g.Conv2d(x, c.W, c.B, c.Geometry) }

// Pointwise declares a 1x1 convolution (stored [out,in,1,1]), which is a linear map of the channels.
func (p *Params) Pointwise(name string, in, out int) Linear {
	c := p.Conv2d(name, in, out, Conv{Kernel: 1, Stride: 1})
	return Linear{W: c.W, B: c.B}
}

// ConvTranspose2x2 doubles the height and width of an image: weight [in,2*2*out] (stored [in,out,2,2]), bias [out].
type ConvTranspose2x2 struct{ W, B *Tensor }

// ConvTranspose2x2 declares name.weight and name.bias.
func (p *Params) ConvTranspose2x2(name string, in, out int) ConvTranspose2x2 {
	q := p.In(name)
	w := q.factorTensor("weight", uniformFan(out*4, p.gain), []int{0, 2, 3, 1}, in, out, 2, 2)
	return ConvTranspose2x2{w.Reshape(in, 4*out), q.Tensor("bias", uniformFan(out*4, 1), nil, out)}
}

// Forward maps x [B,H,W,in] to [B,2H,2W,out].
func (c ConvTranspose2x2) Forward(g *Graph, x *Tensor) *Tensor {
	return g.ConvTranspose2x2(x, c.W, c.B)
}

// DepthwiseConv convolves each channel with a kernel of its own: weight [K,K,C] (stored [C,1,K,K]), bias [C].
type DepthwiseConv struct{ W, B *Tensor }

// DepthwiseConv declares name.weight and name.bias.
func (p *Params) DepthwiseConv(name string, c, k int) DepthwiseConv {
	q := p.In(name)
	w := q.Tensor("weight", uniformFan(k*k, p.gain), []int{2, 3, 1, 0}, c, 1, k, k)
	return DepthwiseConv{w.Reshape(k, k, c), q.Tensor("bias", uniformFan(k*k, 1), nil, c)}
}

// Forward maps x [B,H,W,C] to the same shape.
func (c DepthwiseConv) Forward(g *Graph, x *Tensor) *Tensor { return g.DepthwiseConv(x, c.W, c.B) }

// MLP is a chain of linear layers with an activation in between (SAM 2's MLP: layers.0, layers.1, ..).
type MLP struct {
	Layers []Linear
	Act    backend.Activation
}

// MLP declares name.layers.i for the given widths, from the input to the output.
func (p *Params) MLP(name string, act backend.Activation, widths ...int) MLP {
	m := MLP{Act: act}
	for i := 0; i+1 < len(widths); i++ {
		m.Layers = append(m.Layers, p.In(name).Linear(fmt.Sprint("layers.", i), widths[i], widths[i+1]))
	}
	return m
}

// Forward maps x [..,in] to [..,out].
func (m MLP) Forward(g *Graph, x *Tensor) *Tensor {
	return g.Scoped1(func() *Tensor {
		x := m.hidden(g, x)
		return m.Layers[len(m.Layers)-1].Forward(g, x)
	})
}

// AddTo returns Forward(x) + residual.
func (m MLP) AddTo(g *Graph, x, residual *Tensor) *Tensor {
	return g.Scoped1(func() *Tensor {
		x := m.hidden(g, x)
		return m.Layers[len(m.Layers)-1].AddTo(g, x, residual)
	})
}

// hidden applies all layers but the last one.
func (m MLP) hidden(g *Graph, x *Tensor) *Tensor {
	for _, l := range m.Layers[:len(m.Layers)-1] {
		x = l.Act(g, x, m.Act)
	}
	return x
}

// ForwardEach applies G chains of equal widths to x [B,G,in], chain i to x[:,i], -> [B,G,out]. All chains share one batched
// product per layer, with cached, stacked weights. It must not be called while a tape is recording.
func ForwardEach(g *Graph, of []MLP, x *Tensor) *Tensor {
	check(len(of) == x.Dim(1), "ForwardEach", x.Shape, len(of))
	return g.Scoped1(func() *Tensor {
		b, n := x.Dim(0), len(of)
		x = g.swapFirstAxes(x)
		for i := range of[0].Layers {
			act := of[0].Act
			if i == len(of[0].Layers)-1 {
				act = backend.Identity
			}
			w, bias := stacked(g, of, i)
			x = g.linearEach(x, w, bias, act)
		}
		return g.swapFirstAxes(x.Reshape(n, b, -1))
	})
}

// stacked returns layer i of all chains: weights [G,in,out] and biases [G,out].
func stacked(g *Graph, of []MLP, i int) (w, b *Tensor) {
	var ws, bs []*Tensor
	for _, m := range of {
		ws, bs = append(ws, m.Layers[i].W), append(bs, m.Layers[i].B)
	}
	in, out := ws[0].Dim(0), ws[0].Dim(1)
	made := g.Derived(ws[0].storage, "stacked", append(append([]*Tensor{}, ws...), bs...), func() []*Tensor {
		return []*Tensor{g.Concat(0, ws...), g.Concat(0, bs...)}
	})
	return made[0].Reshape(len(of), in, out), made[1].Reshape(len(of), out)
}
