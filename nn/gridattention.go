package nn

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// GridKeys describes the keys of an attention to memory without computing them: W maps Memory [1 or B,L,M] to D channels. All but
// the last Pointers tokens are the pixels of frames, Side x Side each, and their keys are rotated by the axial table
// [Side*Side,D/2,2] (see RoPETable).
type GridKeys struct {
	Memory   *Tensor
	W        Linear
	Table    *Tensor
	Pointers int
}

// GridAttention returns softmax(q.k^T/sqrt(D)).v for q [1 or B,N,D], which are already rotated, and v [1 or B,L,Dv] -> [B,N,Dv].
// The keys are computed only if a tape is recording, or if the device has no faster way (see backend.GridAttention).
func (g *Graph) GridAttention(q *Tensor, keys GridKeys, v *Tensor) *Tensor {
	m, w := keys.Memory, keys.W
	if dev, ok := g.dev.(backend.GridAttender); ok && !g.records(q, m, w.W, w.B, v) {
		if a := g.gridAttention(q, keys, v); a.Frames > 0 && a.Side*a.Side == keys.Table.Dim(0) && dev.GridAttentionPays(a) {
			return g.attendToGrid(dev, a, q, keys, v)
		}
	}
	return g.Scoped1(func() *Tensor {
		k := w.Rotated(g, m, keys.Table, m.Dim(1)-keys.Pointers)
		return g.Attention(All(q), All(k), All(v), 1)
	})
}

// gridAttention returns the kernel's argument, without the keys of pointers and the output.
func (g *Graph) gridAttention(q *Tensor, keys GridKeys, v *Tensor) backend.GridAttention {
	m, table := keys.Memory, keys.Table
	places, d := table.Dim(0), q.Dim(2)
	check(m.Dim(1) == v.Dim(1) && (m.Dim(1)-keys.Pointers)%places == 0 && keys.W.W.Dim(0) == m.Dim(2) && keys.W.W.Dim(1) == d &&
		table.size == places*d, "GridAttention", [][]int{q.Shape, m.Shape, v.Shape, table.Shape, keys.W.W.Shape}, "[B,N,D] [B,L,M] [B,L,Dv] [places,D/2,2] [M,D]")
	b := max(q.Dim(0), m.Dim(0), v.Dim(0))
	for _, t := range []*Tensor{q, m, v} {
		check(t.Dim(0) == b || t.Dim(0) == 1, "GridAttention batch", t.Shape, b)
	}
	return backend.GridAttention{
		Q: All(q).heads(q.buf, b), Memory: All(m).heads(m.buf, b), V: All(v).heads(v.buf, b),
		W: keys.W.W.buf, Bias: keys.W.B.buf, Table: table.buf,
		B: b, Nq: q.Dim(1), Frames: (m.Dim(1) - keys.Pointers) / places, Side: int(math.Round(math.Sqrt(float64(places)))),
		Pointers: keys.Pointers, M: m.Dim(2), D: d, Dv: v.Dim(2), Scale: float32(1 / math.Sqrt(float64(d))),
	}
}

// attendToGrid runs the kernel, for which only the keys of pointers have to be computed.
func (g *Graph) attendToGrid(dev backend.GridAttender, a backend.GridAttention, q *Tensor, keys GridKeys, v *Tensor) *Tensor {
	return g.Scoped1(func() *Tensor {
		if a.Pointers > 0 {
			l := keys.Memory.Dim(1)
			k := keys.W.Forward(g, g.Slice(keys.Memory, 1, l-a.Pointers, l))
			a.K = All(k).heads(k.buf, a.B)
		}
		o := g.New(a.B, a.Nq, a.Dv)
		a.O = All(o).heads(o.buf, a.B)
		weights := 2 * a.Side * (a.M + 1) * a.D / 2                 // A and B of a query (nn/cpu/attention_grid.go)
		scores := a.Side*a.Side*(a.M+a.Frames*a.M) + a.Pointers*a.D // the first M: adding A and B, once for all frames
		values := (a.Places() + a.Pointers) * a.Dv
		g.FLOP += 2 * float64(a.B) * float64(a.Nq) * float64(weights+scores+values)
		dev.GridAttention(a)
		return o
	})
}
