package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// What items that do not pass the gate get; params.closed of choose.wgsl.
const (
	closedOther = iota // Other
	closedBoth         // the candidate plus Other
	closedZero
)

// Choose implements backend.Kernels.
func (d *Device) Choose(a backend.Choose) {
	a.Check()
	closed := closedOther
	if a.Add {
		closed = closedBoth
	}
	d.choose(a, closed, false)
}

// choose runs choose.wgsl. With invert, the items that pass the gate are those that normally do not.
func (d *Device) choose(a backend.Choose, closed int, invert bool) {
	d.choices(a, func(p choicePiece) {
		x, y := window(a.X, p.candidate(a), p.reach(a)), window(a.Y, p.place(a), p.written(a))
		any := window(a.X, 0, 1)
		other := any
		if a.Other != nil {
			other = window(a.Other, 0, a.Period)
		}
		rank, gate := deciders(a, any)
		d.run(d.kernel("ranked.wgsl+choose.wgsl"), p.items*p.n, float64(2*p.items*p.n), []span{x, rank, gate, other, y},
			p.params(a).and(params{{"n0", p.n0}, {"rank_item", a.RankItem}, {"period", max(a.Period, 1)},
				{"gated", a.Gate != nil}, {"invert", invert}, {"closed", closed}}...))
	})
}

// ChooseBackward implements backend.Kernels.
func (d *Device) ChooseBackward(a backend.ChooseBackward) {
	a.Check()
	if a.DX != nil {
		d.choices(a.Choose, func(p choicePiece) {
			dx, dy := window(a.DX, p.candidate(a.Choose), p.reach(a.Choose)), window(a.DY, p.place(a.Choose), p.written(a.Choose))
			rank, gate := deciders(a.Choose, window(a.DY, 0, 1))
			d.run(d.kernel("ranked.wgsl+choosebackward.wgsl"), p.items*p.n, float64(2*p.items*p.n), []span{dy, rank, gate, dx},
				p.params(a.Choose).and(params{{"rank_item", a.RankItem}, {"gated", a.Gate != nil && !a.Add}}...))
		})
	}
	if a.DOther == nil {
		return
	}
	// DY where items did not pass the gate, zero elsewhere; then its sum.
	rest := d.Alloc(a.B * a.N)
	d.choose(backend.Choose{X: a.DY, Item: a.N, Gate: a.Gate, Y: rest, B: a.B, K: 1, N: a.N}, closedZero, true)
	d.Sum(backend.Sum{X: rest, Y: a.DOther, Outer: 1, N: a.B * a.N / a.Period, Inner: a.Period, P: 1, Accumulate: true})
	d.Free(rest)
}

// deciders binds Rank and Gate, or instead in place of one that is nil.
func deciders(a backend.Choose, instead span) (rank, gate span) {
	rank, gate = instead, instead
	if a.Rank != nil {
		rank = window(a.Rank, a.RankOff, (a.B-1)*a.RankItem+a.K)
	}
	if a.Gate != nil {
		gate = window(a.Gate, 0, a.B)
	}
	return rank, gate
}

// choicePiece is a part of a Choose: n words, from word n0 on, of kept candidates, from candidate k0 on, of some items, from item
// b0 on. If there is more than one item, it holds all words of all candidates.
type choicePiece struct{ b0, items, k0, kept, n0, n int }

// choices calls visit for parts of a that fit the device: whole items if possible, otherwise single candidates or parts of them.
func (d *Device) choices(a backend.Choose, visit func(choicePiece)) {
	words := d.bindingWords()
	if a.K*a.N <= words {
		most := max((words-a.K*a.N)/max(a.Item, 1)+1, 1)
		for _, c := range split(a.B, min(most, max(words/a.N, 1))) {
			visit(choicePiece{c.start, c.n, 0, a.K, 0, a.N})
		}
		return
	}
	for b := range a.B {
		for k := range a.K {
			for _, c := range d.chunks(a.N, 1) {
				visit(choicePiece{b, 1, k, 1, c.start, c.n})
			}
		}
	}
}

// candidate returns where the piece's first candidate begins in X.
func (p choicePiece) candidate(a backend.Choose) int {
	return a.Off + p.b0*a.Item + p.k0*a.N + p.n0
}

// reach returns the number of words of X that the piece covers.
func (p choicePiece) reach(a backend.Choose) int { return (p.items-1)*a.Item + (p.kept-1)*a.N + p.n }

// place returns where the piece begins in Y.
func (p choicePiece) place(a backend.Choose) int { return p.b0*a.N + p.n0 }

// written returns the number of words of Y that the piece covers.
func (p choicePiece) written(a backend.Choose) int { return (p.items-1)*a.N + p.n }

func (p choicePiece) params(a backend.Choose) params {
	return params{{"count", p.items * p.n}, {"n", p.n}, {"long", a.N}, {"item", a.Item}, {"k", a.K}, {"k0", p.k0}, {"kept", p.kept}, {"b0", p.b0}}
}
