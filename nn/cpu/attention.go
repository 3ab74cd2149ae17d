package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// heads is a backend.Heads with its buffer as a slice and its head width.
type heads struct {
	data            []float32
	off, batch, row int
	width           int
}

// at returns the vector of item b, token n, head h.
func (t heads) at(b, n, h int) []float32 {
	i := t.off + b*t.batch + n*t.row + h*t.width
	return t.data[i : i+t.width : i+t.width]
}

func (d *Device) heads(op, arg string, t backend.Heads, a backend.Attention, tokens, width int) heads {
	data := d.strided(op, arg, t.Buf, t.Off, []int{a.B, tokens, a.Heads * width}, []int{t.Batch, t.Row, 1})
	return heads{data: data, off: t.Off, batch: t.Batch, row: t.Row, width: width}
}

// attentionArgs is an Attention with its operands as slices.
type attentionArgs struct {
	backend.Attention
	q, k, v, o heads
	lse        []float32
}

func (d *Device) checkAttention(op string, a backend.Attention) attentionArgs {
	positive(op, "B, Heads, Nq, Nk, D, Dv", a.B, a.Heads, a.Nq, a.Nk, a.D, a.Dv)
	check(a.B == 1 || a.O.Batch != 0, op, "got O with Batch 0 for %d items, want a place for each", a.B)
	return attentionArgs{
		Attention: a,
		q:         d.heads(op, "Q", a.Q, a, a.Nq, a.D),
		k:         d.heads(op, "K", a.K, a, a.Nk, a.D),
		v:         d.heads(op, "V", a.V, a, a.Nk, a.Dv),
		o:         d.heads(op, "O", a.O, a, a.Nq, a.Dv),
		lse:       d.optional(op, "LSE", a.LSE, a.B*a.Heads*a.Nq),
	}
}

// Attention implements backend.Kernels.
func (d *Device) Attention(a backend.Attention) {
	args := d.checkAttention("Attention", a)
	if d.plain {
		d.attentionPlain(args)
		return
	}
	d.attentionFast(args)
}

// attentionPlain computes, for each query i,
//
//	s[j] = Scale * q_i.k_j;  O_i = sum_j exp(s[j]-max) v_j / sum_j exp(s[j]-max)
//
// with one row of scores s [Nk] at a time.
func (d *Device) attentionPlain(a attentionArgs) {
	d.parallel(a.B*a.Heads*a.Nq, a.Nk*(a.D+a.Dv), func(lo, hi int) {
		s := make([]float64, a.Nk)
		out := make([]float64, a.Dv)
		for t := lo; t < hi; t++ {
			b, h, i := t/(a.Heads*a.Nq), t/a.Nq%a.Heads, t%a.Nq
			q := a.q.at(b, i, h)
			largest := math.Inf(-1)
			for j := range s {
				s[j] = float64(a.Scale) * dot(q, a.k.at(b, j, h))
				largest = max(largest, s[j])
			}
			clear(out)
			total := 0.0
			for j := range s {
				p := math.Exp(s[j] - largest)
				total += p
				axpy(out, p, a.v.at(b, j, h))
			}
			o := a.o.at(b, i, h)
			for c := range o {
				o[c] = float32(out[c] / total)
			}
			if a.lse != nil {
				a.lse[t] = float32(largest + math.Log(total))
			}
		}
	})
}

// attentionBackwardArgs is an AttentionBackward with its operands as slices.
type attentionBackwardArgs struct {
	attentionArgs
	do, dq, dk, dv heads
}

func (d *Device) checkAttentionBackward(a backend.AttentionBackward) attentionBackwardArgs {
	const op = "AttentionBackward"
	check(a.LSE != nil, op, "got nil LSE, want the one of the forward pass")
	return attentionBackwardArgs{
		attentionArgs: d.checkAttention(op, a.Attention),
		do:            d.heads(op, "DO", a.DO, a.Attention, a.Nq, a.Dv),
		dq:            d.heads(op, "DQ", a.DQ, a.Attention, a.Nq, a.D),
		dk:            d.heads(op, "DK", a.DK, a.Attention, a.Nk, a.D),
		dv:            d.heads(op, "DV", a.DV, a.Attention, a.Nk, a.Dv),
	}
}

// AttentionBackward implements backend.Kernels.
func (d *Device) AttentionBackward(a backend.AttentionBackward) {
	args := d.checkAttentionBackward(a)
	if d.plain {
		d.attentionBackwardPlain(args)
		return
	}
	d.attentionBackwardFast(args)
}

// attentionBackwardPlain walks the score matrix twice, by queries for dQ and by keys for dK and dV, so that each
// gradient row has one writer. Backward of O_i = sum_j P[i,j] v_j, P = exp(S - LSE):
//
//	dS[i,j] = P[i,j] * (dO_i.v_j - delta_i),  delta_i = dO_i.O_i
func (d *Device) attentionBackwardPlain(a attentionBackwardArgs) {
	delta := make([]float64, a.B*a.Heads*a.Nq) // [B,h,Nq]
	d.parallel(len(delta), a.Dv, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			b, h, i := t/(a.Heads*a.Nq), t/a.Nq%a.Heads, t%a.Nq
			delta[t] = dot(a.do.at(b, i, h), a.o.at(b, i, h))
		}
	})
	// score returns P[i,j] and dS[i,j].
	score := func(b, h, i, j int) (p, ds float64) {
		t := (b*a.Heads+h)*a.Nq + i
		p = math.Exp(float64(a.Scale)*dot(a.q.at(b, i, h), a.k.at(b, j, h)) - float64(a.lse[t]))
		return p, p * (dot(a.do.at(b, i, h), a.v.at(b, j, h)) - delta[t])
	}
	cost := a.B * (a.D + a.Dv)
	d.parallel(a.Heads*a.Nq, a.Nk*cost, func(lo, hi int) {
		dq := make([]float64, a.D)
		for t := lo; t < hi; t++ {
			h, i := t/a.Nq, t%a.Nq
			for b := range a.B {
				clear(dq)
				for j := range a.Nk {
					_, ds := score(b, h, i, j)
					axpy(dq, float64(a.Scale)*ds, a.k.at(b, j, h)) // S = Scale * q.k
				}
				addRounded(a.dq.at(b, i, h), dq)
			}
		}
	})
	d.parallel(a.Heads*a.Nk, a.Nq*cost, func(lo, hi int) {
		dk, dv := make([]float64, a.D), make([]float64, a.Dv)
		for t := lo; t < hi; t++ {
			h, j := t/a.Nk, t%a.Nk
			for b := range a.B {
				clear(dk)
				clear(dv)
				for i := range a.Nq {
					p, ds := score(b, h, i, j)
					axpy(dk, float64(a.Scale)*ds, a.q.at(b, i, h)) // S = Scale * q.k
					axpy(dv, p, a.do.at(b, i, h))                  // O = P v
				}
				addRounded(a.dk.at(b, j, h), dk)
				addRounded(a.dv.at(b, j, h), dv)
			}
		}
	})
}

// addRounded adds x to y.
func addRounded(y []float32, x []float64) {
	for i, v := range x {
		y[i] += float32(v)
	}
}
