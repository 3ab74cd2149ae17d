package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// Pick says which candidate Choose takes for each of B items.
type Pick struct {
	First, Count int     // the candidates are channels First .. First+Count-1
	Rank         *Tensor // [B,R], a rank for each channel: the highest one wins, the first if several are equal; nil if Count is 1
	Gate         *Tensor // [B,1]: an item whose gate is not above 0 gets Instead; nil: none does
	Instead      *Tensor // repeated to the size of a candidate; nil without Gate
	Addition     bool    // such an item gets the candidate plus Instead
}

// Choose returns the candidate that p picks for each item of x [B,C,..] -> [B,1,..]. The device decides, so that the host does not
// have to wait for the ranks.
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
	g.record(y, []*Tensor{x, p.Instead}, []*Tensor{p.Rank, p.Gate}, func(dy backend.Buffer) {
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
