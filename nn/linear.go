package nn

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Linear returns x.w + b: x [..,in], w [in,out], b [out] or nil -> [..,out].
func (g *Graph) Linear(x, w, b *Tensor) *Tensor { return g.linear(x, w, b, backend.Identity, nil) }

// LinearAct returns act(x.w + b).
func (g *Graph) LinearAct(x, w, b *Tensor, act backend.Activation) *Tensor {
	if g.records(x, w, b) { // the backward pass needs the values before the activation
		return g.Activate(g.linear(x, w, b, backend.Identity, nil), act)
	}
	return g.linear(x, w, b, act, nil)
}

// LinearAdd returns x.w + b + residual, where residual has the shape of the result.
func (g *Graph) LinearAdd(x, w, b, residual *Tensor) *Tensor {
	return g.linear(x, w, b, backend.Identity, residual)
}

// LinearRotated returns x.w + b for x [B,N,in], with rotary position encoding applied to the first channels of the result: to each
// group of c of them, for the first `rotated` tokens, by table [period,c/2,2]; see RoPE.
func (g *Graph) LinearRotated(x, w, b, table *Tensor, channels, rotated int) *Tensor {
	n, out, c := x.Dim(1), w.Dim(1), table.size/table.Dim(0)
	check(len(x.Shape) == 3 && channels%c == 0 && channels <= out && rotated <= n,
		"LinearRotated", [][]int{x.Shape, table.Shape, w.Shape}, []int{channels, rotated})
	if g.records(x, w, b) { // on a tape, the product and the rotation are two operations
		check(channels == c && channels == out, "LinearRotated with a tape", []int{channels, out}, c)
		return g.RoPE(g.Linear(x, w, b), table, rotated)
	}
	y := g.New(x.Dim(0), n, out)
	g.matmul(backend.MatMul{A: x.buf, B: w.buf, C: y.buf, M: x.Rows(), N: out, K: x.Dim(-1), Bias: bufOf(b),
		Turn: backend.Rotation{Table: table.buf, Columns: channels, Width: c, N: n, Rotated: rotated, Period: table.Dim(0)}})
	return y
}

func (g *Graph) linear(x, w, b *Tensor, act backend.Activation, residual *Tensor) *Tensor {
	in, out, rows := w.Dim(0), w.Dim(1), x.Rows()
	check(len(w.Shape) == 2 && x.Dim(-1) == in, "Linear", x.Shape, w.Shape)
	check(b == nil || b.size == out, "Linear bias", shapeOf(b), out)
	y := g.New(append(slices.Clone(x.Shape[:len(x.Shape)-1]), out)...)
	check(residual == nil || residual.size == y.size, "Linear residual", shapeOf(residual), y.Shape)
	g.matmul(backend.MatMul{A: x.buf, B: w.buf, C: y.buf, M: rows, N: out, K: in,
		Bias: bufOf(b), Act: act, Residual: bufOf(residual)})
	g.record(y, []*Tensor{x, w, b, residual}, []*Tensor{x, w}, func(dy backend.Buffer) {
		g.linearBackward(x, w, b, dy)
		if residual != nil {
			g.passGrad(residual, y) // y = .. + residual
		}
	})
	return y
}

// linearEach returns act(x[i].w[i] + b[i]) for each i < G: x [G,R,in], w [G,in,out], b [G,out] -> [G,R,out]. It has no gradient.
func (g *Graph) linearEach(x, w, b *Tensor, act backend.Activation) *Tensor {
	n, rows, in, out := x.Dim(0), x.Dim(1), x.Dim(2), w.Dim(2)
	check(!g.records(x, w, b) && w.Dim(0) == n && w.Dim(1) == in && b.size == n*out,
		"linearEach", [][]int{x.Shape, w.Shape, b.Shape}, "[G,R,in] [G,in,out] [G,out]")
	y := g.New(n, rows, out)
	g.matmul(backend.MatMul{A: x.buf, B: w.buf, C: y.buf, M: rows, N: out, K: in, Batch: n,
		StrideA: rows * in, StrideB: in * out, StrideC: rows * out, Bias: b.buf, StrideBias: out, Act: act})
	return y
}

// linearBackward adds the gradients of y = x.w + b to those of x, w and b, given that of y.
func (g *Graph) linearBackward(x, w, b *Tensor, dy backend.Buffer) {
	in, out, rows := w.Dim(0), w.Dim(1), x.Rows()
	if x.needsGrad { // dx = dy.w^T
		dx, acc := g.gradInto(x)
		g.matmul(backend.MatMul{A: dy, B: w.buf, C: dx, M: rows, N: in, K: out, TransB: true, Accumulate: acc})
	}
	if w.needsGrad { // dw = x^T.dy
		dw, acc := g.gradInto(w)
		g.matmul(backend.MatMul{A: x.buf, B: dy, C: dw, M: in, N: out, K: rows, TransA: true, Accumulate: acc})
	}
	if b != nil && b.needsGrad { // db = sum over rows of dy
		db, acc := g.gradInto(b)
		g.dev.Sum(backend.Sum{X: dy, Y: db, Outer: 1, N: rows, Inner: out, P: 1, Accumulate: acc})
	}
}

// MatMulT returns a.b^T for each batch item: a [B,M,K], b [B,N,K] -> [B,M,N].
func (g *Graph) MatMulT(a, b *Tensor) *Tensor {
	check(len(a.Shape) == 3 && len(b.Shape) == 3 && a.Dim(0) == b.Dim(0) && a.Dim(2) == b.Dim(2),
		"MatMulT", a.Shape, b.Shape)
	B, M, K, N := a.Dim(0), a.Dim(1), a.Dim(2), b.Dim(1)
	c := g.New(B, M, N)
	g.matmul(backend.MatMul{A: a.buf, B: b.buf, C: c.buf, M: M, N: N, K: K, TransB: true,
		Batch: B, StrideA: M * K, StrideB: N * K, StrideC: M * N})
	g.record(c, []*Tensor{a, b}, []*Tensor{a, b}, func(dc backend.Buffer) {
		if a.needsGrad { // da = dc.b
			da, acc := g.gradInto(a)
			g.matmul(backend.MatMul{A: dc, B: b.buf, C: da, M: M, N: K, K: N,
				Batch: B, StrideA: M * N, StrideB: N * K, StrideC: M * K, Accumulate: acc})
		}
		if b.needsGrad { // db = dc^T.a
			db, acc := g.gradInto(b)
			g.matmul(backend.MatMul{A: dc, B: a.buf, C: db, M: N, N: K, K: M, TransA: true,
				Batch: B, StrideA: M * N, StrideB: M * K, StrideC: N * K, Accumulate: acc})
		}
	})
	return c
}

// matmul runs a product and counts its FLOP.
func (g *Graph) matmul(a backend.MatMul) {
	a.Batch = max(a.Batch, 1)
	g.FLOP += 2 * float64(a.Batch) * float64(a.M) * float64(a.N) * float64(a.K)
	g.dev.MatMul(a)
}

func bufOf(t *Tensor) backend.Buffer {
	if t == nil {
		return nil
	}
	return t.buf
}

func shapeOf(t *Tensor) []int {
	if t == nil {
		return nil
	}
	return t.Shape
}
