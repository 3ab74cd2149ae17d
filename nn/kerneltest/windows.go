package kerneltest

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

func windowsCases(s *suite) []kernelCase {
	type shape struct{ b, h, w, c, side int }
	list := []shape{{1, 1, 1, 1, 1}, {2, 7, 5, 3, 3}, {1, 8, 8, 4, 4}, {3, 5, 9, 8, 4}, {1, 3, 4, 2, 7}, {2, 14, 13, 12, 7}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, shape{3, limit/300 + 9, 9, 16, 5})
	}
	if s.opts.Large {
		list = append(list, shape{1, 64, 64, 384, 14}, shape{2, 32, 32, 768, 7})
	}
	var cases []kernelCase
	for _, c := range list {
		for _, inverse := range []bool{false, true} {
			for _, accumulate := range []bool{false, true} {
				cases = append(cases, kernelCase{fmt.Sprintf("%v inverse=%v accumulate=%v", c, inverse, accumulate), func(t *trial) {
					a := backend.Windows{B: c.b, H: c.h, W: c.w, C: c.c, Side: c.side, Inverse: inverse, Accumulate: accumulate}
					rows, cols := a.Across()
					from, to := c.b*c.h*c.w*c.c, c.b*rows*cols*c.side*c.side*c.c
					if inverse {
						from, to = to, from
					}
					x, y := t.input("X", from), t.result("Y", to, accumulate)
					t.compare(rounding, func(k backend.Kernels, buf buffers) {
						a.X, a.Y = buf(x), buf(y)
						k.Windows(a)
					})
				}})
			}
		}
	}
	return cases
}
