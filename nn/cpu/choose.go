package cpu

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Choose implements backend.Kernels.
func (d *Device) Choose(a backend.Choose) {
	a.Check()
	x, y := d.all(a.X), d.words(a.Y, a.B*a.N)
	of := d.chooser(a)
	other := d.optional(a.Other, a.Period)
	d.parallel(a.B, a.N, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			from, out := x[of.place(b):][:a.N], y[b*a.N:][:a.N]
			if open := of.open(b); open || a.Add {
				copy(out, from)
				if open {
					continue
				}
			} else {
				clear(out)
			}
			for n := 0; n < a.N; n += a.Period {
				if !a.Add {
					copy(out[n:], other)
					continue
				}
				for i, v := range other {
					out[n+i] += v
				}
			}
		}
	})
}

// ChooseBackward implements backend.Kernels.
// Forward: Y[b] = X[b,k(b)] if the item is open, otherwise Other or, with Add, the sum of both.
func (d *Device) ChooseBackward(a backend.ChooseBackward) {
	a.Check()
	dy := d.words(a.DY, a.B*a.N)
	of := d.chooser(a.Choose)
	if a.DX != nil {
		dx := d.all(a.DX)
		d.parallel(a.B, a.N, func(lo, hi int) {
			for b := lo; b < hi; b++ {
				if a.Add || of.open(b) {
					addInto(dx[of.place(b):][:a.N], dy[b*a.N:][:a.N])
				}
			}
		})
	}
	if a.DOther == nil {
		return
	}
	total := make([]float64, a.Period)
	for b := range a.B {
		if of.open(b) {
			continue
		}
		for n := 0; n < a.N; n += a.Period {
			axpy(total, 1, dy[b*a.N+n:][:a.Period])
		}
	}
	addRounded(d.words(a.DOther, a.Period), total)
}

// chooser makes the decisions of a Choose.
type chooser struct {
	a          backend.Choose
	rank, gate []float32 // nil if a has none
}

func (d *Device) chooser(a backend.Choose) chooser {
	c := chooser{a: a, gate: d.optional(a.Gate, a.B)}
	if a.Rank != nil {
		c.rank = d.all(a.Rank)
	}
	return c
}

// open reports whether item b passes the gate.
func (c chooser) open(b int) bool { return c.gate == nil || c.gate[b] > 0 }

// place returns where the chosen candidate of item b begins in X.
func (c chooser) place(b int) int {
	best := 0
	if c.rank != nil {
		of := c.rank[c.a.RankOff+b*c.a.RankItem:][:c.a.K]
		for k, v := range of {
			if v > of[best] {
				best = k
			}
		}
	}
	return c.a.Off + b*c.a.Item + best*c.a.N
}
