package kerneltest

import (
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

func joinCases(s *suite) []kernelCase {
	type shape struct {
		outer  int
		widths []int
	}
	list := []shape{{1, []int{1}}, {3, []int{2, 5}}, {1, []int{4, 8, 12}}, {5, []int{64, 4, 4, 4, 4, 4, 4}}, {2, slices.Repeat([]int{8}, 15)},
		{7, []int{3, 1, 1, 1, 1, 1, 1, 9}}, {1, []int{5, 300, 7}}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, shape{2, []int{limit/2 - 100, 40, 12}}, shape{3, []int{limit / 2, 8, limit}})
	}
	if s.opts.Large {
		list = append(list, shape{1, slices.Repeat([]int{4096 * 64}, 7)})
	}
	var cases []kernelCase
	for _, c := range list {
		cases = append(cases, kernelCase{fmt.Sprintf("%d rows of %v", c.outer, c.widths), func(t *trial) {
			a := backend.Join{Widths: c.widths, Outer: c.outer}
			var xs []*operand
			for i, w := range c.widths {
				xs = append(xs, t.input(fmt.Sprint("X", i), c.outer*w))
			}
			y := t.output("Y", c.outer*a.Width())
			t.compare(Exact, func(k backend.Kernels, buf buffers) {
				a := a
				a.Y = buf(y)
				for _, x := range xs {
					a.X = append(a.X, buf(x))
				}
				k.Join(a)
			})
		}})
	}
	return cases
}
