package nn

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Columns is a range of the channels of tokens [B,N,C]. Queries, keys and values that one packed projection produces, side by side,
// can thus be used where they lie.
type Columns struct {
	T           *Tensor
	From, Width int // channels From .. From+Width-1
	Tokens      int // only the first tokens of each item; 0: all of them
}

// All returns every channel of t.
func All(t *Tensor) Columns { return Columns{T: t, Width: t.Dim(-1)} }

// Part returns channels i*width .. (i+1)*width-1 of t.
func Part(t *Tensor, i, width int) Columns { return Columns{T: t, From: i * width, Width: width} }

// First restricts c to the first n tokens of each item.
func (c Columns) First(n int) Columns {
	c.Tokens = n
	return c
}

// tokens returns the number of tokens per item.
func (c Columns) tokens() int {
	if c.Tokens > 0 {
		return c.Tokens
	}
	return c.T.Dim(1)
}

// heads locates the columns in buf, which is laid out like c.T, for a batch of b. If c.T has a single item, the batch shares it.
func (c Columns) heads(buf backend.Buffer, b int) backend.Heads {
	h := backend.Heads{Buf: buf, Off: c.From, Row: c.T.Dim(-1)}
	if c.T.Dim(0) == b {
		h.Batch = c.T.Dim(1) * c.T.Dim(-1)
	}
	return h
}

// Attention returns softmax(q.k^T/sqrt(D)).v per head: q [B,Nq,h*D], k [B,Nk,h*D], v [B,Nk,h*Dv]
// -> [B,Nq,h*Dv]. A q, k or v of batch 1 is shared by all B items.
func (g *Graph) Attention(q, k, v Columns, heads int) *Tensor {
	return g.AttentionRepeating(q, k, v, heads, 1)
}

// AttentionRepeating is Attention in which the last key and value stand for that many equal ones (see Windows). For repeats above
// 1, the device must be a backend.KeyRepeater.
func (g *Graph) AttentionRepeating(q, k, v Columns, heads, repeats int) *Tensor {
	b := max(q.T.Dim(0), k.T.Dim(0), v.T.Dim(0))
	nq, nk := q.tokens(), k.tokens()
	d, dv := q.Width/heads, v.Width/heads
	check(q.Width == k.Width && v.tokens() == nk && q.Width%heads == 0 && v.Width%heads == 0,
		"Attention", [][]int{q.T.Shape, k.T.Shape, v.T.Shape}, "[B,Nq,hD] [B,Nk,hD] [B,Nk,hDv]")
	for _, c := range []Columns{q, k, v} {
		check(c.T.Dim(0) == b || c.T.Dim(0) == 1, "Attention batch", c.T.Shape, b)
	}
	o := g.New(b, nq, v.Width)
	a := backend.Attention{Q: q.heads(q.T.buf, b), K: k.heads(k.T.buf, b), V: v.heads(v.T.buf, b), O: All(o).heads(o.buf, b),
		B: b, Heads: heads, Nq: nq, Nk: nk, D: d, Dv: dv, Scale: float32(1 / math.Sqrt(float64(d))), Repeats: repeats}
	var lse *Tensor
	if g.records(q.T, k.T, v.T) {
		lse = g.New(b, heads, nq)
		a.LSE = lse.buf
	}
	g.FLOP += 2 * float64(b*heads) * float64(nq) * float64(nk) * float64(d+dv)
	g.dev.Attention(a)
	g.record(o, []*Tensor{q.T, k.T, v.T}, []*Tensor{q.T, k.T, v.T, o, lse}, func(do backend.Buffer) {
		g.attentionBackward(a, q, k, v, do)
	})
	return o
}

// attentionBackward differentiates o = softmax(q.k^T*scale).v. One kernel computes all three gradients; those that are not needed
// go to scratch memory.
func (g *Graph) attentionBackward(a backend.Attention, q, k, v Columns, do backend.Buffer) {
	target := func(c Columns) backend.Heads {
		if c.T.needsGrad {
			return c.heads(g.gradSum(c.T), a.B)
		}
		return c.heads(g.Zeros(c.T.Shape...).buf, a.B)
	}
	dO := a.O
	dO.Buf = do
	g.FLOP += 2 * float64(a.B*a.Heads) * float64(a.Nq) * float64(a.Nk) * float64(3*a.D+2*a.Dv)
	g.dev.AttentionBackward(backend.AttentionBackward{Attention: a, DO: dO, DQ: target(q), DK: target(k), DV: target(v)})
}

// RoPE applies rotary position encoding (Su et al., RoFormer, arXiv 2104.09864) to the first `rotated` tokens of x [B,N,C]: the
// channel pairs of token n are rotated by the angles in row n mod period of table [period,C/2,2] (see [RoPETable]). The other
// tokens are copied.
func (g *Graph) RoPE(x, table *Tensor, rotated int) *Tensor {
	b, n, c := x.Dim(0), x.Dim(1), x.Dim(2)
	check(table.size == table.Dim(0)*c && rotated <= n, "RoPE", table.Shape, x.Shape)
	y := g.like(x)
	r := backend.RoPE{X: x.buf, Y: y.buf, Table: table.buf, B: b, N: n, C: c, Rotated: rotated, Period: table.Dim(0)}
	g.dev.RoPE(r)
	g.record(y, []*Tensor{x}, []*Tensor{table}, func(dy backend.Buffer) {
		r.X, r.Inverse = dy, true // a rotation's transpose is its inverse
		r.Y, r.Accumulate = g.gradInto(x)
		g.dev.RoPE(r)
	})
	return y
}

// RoPETable returns the (cos, sin) of each channel pair at each place of a side x side grid, [side*side, c/2, 2] (SAM 2's
// compute_axial_cis): the angles of the first half of the pairs grow with x, those of the second with y, by theta^(-4i/c) per pixel
// for pair i of a half.
func RoPETable(side, c int, theta float64) []float32 {
	quarter := c / 4
	table := make([]float32, side*side*c)
	for n := 0; n < side*side; n++ {
		for p := 0; p < 2*quarter; p++ {
			at := n % side
			if p >= quarter {
				at = n / side
			}
			angle := float64(at) * math.Pow(theta, -4*float64(p%quarter)/float64(c))
			table[(n*2*quarter+p)*2] = float32(math.Cos(angle))
			table[(n*2*quarter+p)*2+1] = float32(math.Sin(angle))
		}
	}
	return table
}
