package kerneltest

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// choice is a case of Choose, with off words before the first item, and gap words after the candidates of each item.
type choice struct {
	b, k, n, period, off, gap int
	ranked, gated, add        bool
}

func (c choice) String() string {
	return fmt.Sprintf("b%d k%d n%d period%d off%d gap%d ranked=%v gated=%v add=%v", c.b, c.k, c.n, c.period, c.off, c.gap, c.ranked, c.gated, c.add)
}

func choiceList(s *suite) []choice {
	list := []choice{
		{1, 1, 1, 1, 0, 0, false, false, false}, {1, 1, 5, 5, 3, 2, true, true, false}, {7, 1, 12, 4, 0, 0, false, true, true},
		{5, 3, 31, 1, 31, 0, true, true, false}, {9, 4, 64, 64, 0, 5, true, true, true}, {3, 3, 130, 13, 7, 1, true, false, false},
		{6, 1, 300, 1, 0, 0, false, true, false}, {33, 2, 3, 3, 1, 1, true, true, false},
	}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, choice{3, 2, limit/2 - 70, 1, 0, 9, true, true, false}, choice{2, 3, limit + 8, 4, 5, 0, true, true, true},
			choice{limit/9 + 3, 2, 6, 2, 0, 0, true, true, false})
	}
	if s.opts.Large {
		list = append(list, choice{8, 3, 256 * 256, 1, 256 * 256, 256 * 256, true, true, false}, choice{8, 1, 4096 * 64, 64, 0, 0, false, true, true})
	}
	return list
}

// words is the size of X.
func (c choice) words() int { return c.off + c.b*(c.k*c.n+c.gap) }

// rankItem is the distance between the ranks of items. It is one more than the number of candidates, to test strides.
func (c choice) rankItem() int { return c.k + 1 }

// declare declares ranks, some of which are equal, and a gate, which is exactly 0 for some items.
func (c choice) declare(t *trial) (rank, gate *operand) {
	coarse := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(t.rng.IntN(5) - 2)
		}
		return out
	}
	if c.ranked {
		rank = t.given("Rank", coarse(1+c.b*c.rankItem()))
	}
	if c.gated {
		gate = t.given("Gate", coarse(c.b))
	}
	return rank, gate
}

func (c choice) args(buf buffers, rank, gate *operand) backend.Choose {
	a := backend.Choose{Off: c.off, Item: c.k*c.n + c.gap, Rank: buf(rank), Gate: buf(gate), Add: c.add, B: c.b, K: c.k, N: c.n}
	if c.ranked {
		a.RankOff, a.RankItem = 1, c.rankItem()
	}
	if c.gated {
		a.Period = c.period
	}
	return a
}

func chooseCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, c := range choiceList(s) {
		cases = append(cases, kernelCase{c.String(), func(t *trial) {
			x, y := t.input("X", c.words()), t.output("Y", c.b*c.n)
			rank, gate := c.declare(t)
			var other *operand
			if c.gated {
				other = t.input("Other", c.period)
			}
			t.compare(Exact, func(k backend.Kernels, buf buffers) {
				a := c.args(buf, rank, gate)
				a.X, a.Y, a.Other = buf(x), buf(y), buf(other)
				k.Choose(a)
			})
		}})
	}
	return cases
}

func chooseBackwardCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, c := range choiceList(s) {
		for _, want := range []string{"dx", "dother", "dx dother"} {
			if want != "dx" && !c.gated {
				continue
			}
			cases = append(cases, kernelCase{c.String() + " " + want, func(t *trial) {
				dy := t.input("DY", c.b*c.n)
				rank, gate := c.declare(t)
				var dx, dother *operand
				if want != "dother" {
					dx = t.accumulator("DX", c.words())
				}
				if want != "dx" {
					dother = t.accumulator("DOther", c.period)
				}
				t.compare(sums(max(c.b*c.n/c.period, 2)), func(k backend.Kernels, buf buffers) {
					k.ChooseBackward(backend.ChooseBackward{Choose: c.args(buf, rank, gate), DY: buf(dy), DX: buf(dx), DOther: buf(dother)})
				})
			}})
		}
	}
	return cases
}
