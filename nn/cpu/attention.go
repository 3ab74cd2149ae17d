package cpu

import (
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// heads is a backend.Heads with its buffer as a slice and its head width.
type heads struct {
	data            []float32
	off, batch, row int
	width           int
}

// at returns the channels of item b, token n, head h.
func (t heads) at(b, n, h int) []float32 {
	i := t.off + b*t.batch + n*t.row + h*t.width
	return t.data[i : i+t.width : i+t.width]
}

func (d *Device) heads(t backend.Heads, width int) heads {
	return heads{data: d.all(t.Buf), off: t.Off, batch: t.Batch, row: t.Row, width: width}
}

// attentionArgs is an Attention with its operands as slices.
type attentionArgs struct {
	backend.Attention
	q, k, v, o heads
	lse        []float32
}

// RepeatsKeys implements backend.KeyRepeater.
func (d *Device) RepeatsKeys() bool { return true }

// lastBias returns what counting the last key Repeats times adds to its scores, in units of log 2.
func (a *attentionArgs) lastBias() float32 { return float32(math.Log2(float64(max(a.Repeats, 1)))) }

// plainScores says how the plain kernels compute scores: as unit * q.k. They apply p to probabilities and gradients of scores, to
// round them where bf16 does.
type plainScores struct {
	q    heads
	unit float64
	p    func(float64) float64
}

// roundPlain prepares the operands of the plain kernels. If the kernels f round, it rounds keys, values, and queries, the latter
// after multiplying by Scale*log2(e), as the fast kernels do.
func (a *attentionArgs) roundPlain(f *simd.Kernels) plainScores {
	if !f.Rounds() {
		return plainScores{q: a.q, unit: float64(a.Scale), p: func(p float64) float64 { return p }}
	}
	q := a.q
	q.data = make([]float32, len(q.data))
	for i, v := range a.q.data {
		q.data[i] = simd.RoundBF16(v * (a.Scale * math.Log2E))
	}
	a.k.data, a.v.data = rounded(f, a.k.data), rounded(f, a.v.data)
	return plainScores{q: q, unit: math.Ln2, p: func(p float64) float64 { return float64(simd.RoundBF16(float32(p))) }}
}

func (d *Device) attentionArgs(a backend.Attention) attentionArgs {
	return attentionArgs{
		Attention: a,
		q:         d.heads(a.Q, a.D),
		k:         d.heads(a.K, a.D),
		v:         d.heads(a.V, a.Dv),
		o:         d.heads(a.O, a.Dv),
		lse:       d.optional(a.LSE, a.B*a.Heads*a.Nq),
	}
}

// Attention implements backend.Kernels.
func (d *Device) Attention(a backend.Attention) {
	a.Check()
	args := d.attentionArgs(a)
	if d.plain {
		d.attentionPlain(args)
		return
	}
	d.attentionFast(args)
}

// attentionPlain computes, for each query i,
//
//	s[j] = Scale * q_i.k_j, plus log(Repeats) for the last key;  O_i = sum_j exp(s[j]-max) v_j / sum_j exp(s[j]-max)
//
// It holds one row of scores, s [Nk], at a time.
func (d *Device) attentionPlain(a attentionArgs) {
	scores := a.roundPlain(d.attentionKernels(a.Attention))
	d.parallel(a.B*a.Heads*a.Nq, a.Nk*(a.D+a.Dv), func(lo, hi int) {
		s := make([]float64, a.Nk)
		out := make([]float64, a.Dv)
		for t := lo; t < hi; t++ {
			b, h, i := t/(a.Heads*a.Nq), t/a.Nq%a.Heads, t%a.Nq
			q := scores.q.at(b, i, h)
			largest := math.Inf(-1)
			for j := range s {
				s[j] = scores.unit * dot(q, a.k.at(b, j, h))
				if j == a.Nk-1 {
					s[j] += float64(a.lastBias()) * math.Ln2
				}
				largest = max(largest, s[j])
			}
			clear(out)
			total := 0.0
			for j := range s {
				p := math.Exp(s[j] - largest)
				total += p
				axpy(out, scores.p(p), a.v.at(b, j, h))
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

func (d *Device) attentionBackwardArgs(a backend.AttentionBackward) attentionBackwardArgs {
	return attentionBackwardArgs{
		attentionArgs: d.attentionArgs(a.Attention),
		do:            d.heads(a.DO, a.Dv),
		dq:            d.heads(a.DQ, a.D),
		dk:            d.heads(a.DK, a.D),
		dv:            d.heads(a.DV, a.Dv),
	}
}

// AttentionBackward implements backend.Kernels.
func (d *Device) AttentionBackward(a backend.AttentionBackward) {
	a.Check()
	args := d.attentionBackwardArgs(a)
	if d.plain {
		d.attentionBackwardPlain(args)
		return
	}
	d.attentionBackwardFast(args)
}

// attentionBackwardPlain computes the scores twice, by queries for dQ and by keys for dK and dV, so that each row of a gradient
// has one writer. Forward: O_i = sum_j P[i,j] v_j, P = exp(S - LSE). Backward:
//
//	dS[i,j] = P[i,j] * (dO_i.v_j - delta_i),  delta_i = dO_i.O_i
func (d *Device) attentionBackwardPlain(a attentionBackwardArgs) {
	delta := d.attentionDelta(a)
	f := d.attentionKernels(a.Attention)
	scores := a.roundPlain(f)
	a.q.data, a.do.data = rounded(f, a.q.data), rounded(f, a.do.data)
	// score returns P[i,j] and dS[i,j].
	score := func(b, h, i, j int) (p, ds float64) {
		t := (b*a.Heads+h)*a.Nq + i
		p = math.Exp(scores.unit*dot(scores.q.at(b, i, h), a.k.at(b, j, h)) - float64(a.lse[t]))
		if j == a.Nk-1 {
			p *= float64(max(a.Repeats, 1))
		}
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
					axpy(dq, float64(a.Scale)*scores.p(ds), a.k.at(b, j, h)) // S = Scale * q.k
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
					axpy(dk, float64(a.Scale)*scores.p(ds), a.q.at(b, i, h)) // S = Scale * q.k
					axpy(dv, scores.p(p), a.do.at(b, i, h))                  // O = P v
				}
				addRounded(a.dk.at(b, j, h), dk)
				addRounded(a.dv.at(b, j, h), dv)
			}
		}
	})
}

// attentionDelta returns delta [B,h,Nq] = dO.O.
func (d *Device) attentionDelta(a attentionBackwardArgs) []float64 {
	delta := make([]float64, a.B*a.Heads*a.Nq)
	d.parallel(len(delta), a.Dv, func(lo, hi int) {
		for t := lo; t < hi; t++ {
			b, h, i := t/(a.Heads*a.Nq), t/a.Nq%a.Heads, t%a.Nq
			delta[t] = dot(a.do.at(b, i, h), a.o.at(b, i, h))
		}
	})
	return delta
}

// addRounded adds x, rounded to float32, to y.
func addRounded(y []float32, x []float64) {
	for i, v := range x {
		y[i] += float32(v)
	}
}
