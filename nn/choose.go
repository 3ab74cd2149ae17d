package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Pick says which candidate of each item counts.
type Pick struct {
	Rank     *Tensor // [B,R]: of candidates First..First+Count the one with the largest counts, or the first of several; nil if Count is 1
	First    int
	Count    int
	Gate     *Tensor // [B,1]: only items above 0 have a candidate; nil: all have
	Instead  *Tensor // [..] what the others get, repeated; nil without Gate
	Addition bool    // they get it in addition to the candidate
}

// Choose returns the candidate that p picks for each item of x [B,C,..] -> [B,1,..]. The device decides; the host need not know.
func (g *Graph) Choose(x *Tensor, p Pick) *Tensor {
	b, c := x.Dim(0), x.Dim(1)
	n := x.size / (b * c)
	check(p.Count > 0 && p.First >= 0 && p.First+p.Count <= c, "Choose", []int{p.First, p.Count}, x.Shape)
	a := backend.Choose{X: x.buf, Off: p.First * n, Item: c * n, Add: p.Addition, B: b, K: p.Count, N: n}
	if p.Rank != nil {
		check(p.Rank.Dim(0) == b && p.Rank.size/b >= p.First+p.Count, "Choose by rank", p.Rank.Shape, x.Shape)
		a.Rank, a.RankOff, a.RankItem = p.Rank.buf, p.First, p.Rank.size/b
	}
	if p.Gate != nil {
		check(p.Gate.size == b && n%p.Instead.size == 0, "Choose with a gate", [][]int{p.Gate.Shape, p.Instead.Shape}, x.Shape)
		a.Gate, a.Other, a.Period = p.Gate.buf, p.Instead.buf, p.Instead.size
	}
	y := g.New(append([]int{b, 1}, x.Shape[2:]...)...)
	a.Y = y.buf
	g.dev.Choose(a)
	g.note(y, []*Tensor{x, p.Instead}, []*Tensor{p.Rank, p.Gate}, func(dy backend.Buffer) {
		d := backend.ChooseBackward{Choose: a, DY: dy}
		if x.needsGrad {
			d.DX = g.gradSum(x)
		}
		if p.Instead != nil && p.Instead.needsGrad {
			d.DOther = g.gradSum(p.Instead)
		}
		g.dev.ChooseBackward(d)
	})
	return y
}
