package kerneltest

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

func sumCases(s *suite) []kernelCase {
	type shape struct{ outer, n, inner int }
	list := []shape{{1, 1, 1}, {3, 5, 7}, {1, 4099, 1}, {1, 2053, 33}, {7, 1, 130}, {130, 37, 1}, {2, 3, 2051}, {1, 1025, 256}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, shape{1, limit + 3, 1}, shape{1, limit/96 + 3, 96}, shape{limit/21 + 3, 3, 7}, shape{1, 2, limit + 5})
	}
	if s.opts.Large {
		list = append(list, shape{1, 65536, 96}, shape{1, 1 << 22, 1})
	}
	var cases []kernelCase
	for _, c := range list {
		for _, accumulate := range []bool{false, true} {
			cases = append(cases, kernelCase{fmt.Sprintf("%dx%dx%d accumulate=%v", c.outer, c.n, c.inner, accumulate), func(t *trial) {
				x, y := t.input("X", c.outer*c.n*c.inner), t.result("Y", c.outer*c.inner, accumulate)
				t.compare(sums(c.n), func(k backend.Kernels, buf buffers) {
					k.Sum(backend.Sum{X: buf(x), Y: buf(y), Outer: c.outer, N: c.n, Inner: c.inner, P: 0.75, Accumulate: accumulate})
				})
			}})
		}
	}
	return cases
}

func dotCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, n := range lengths(s) {
		for _, square := range []bool{false, true} {
			cases = append(cases, kernelCase{fmt.Sprintf("%d square=%v", n, square), func(t *trial) {
				x, z := t.input("X", n), t.accumulator("Z", 3)
				y := x
				if !square {
					y = t.input("Y", n)
				}
				t.compare(sums(n), func(k backend.Kernels, buf buffers) {
					k.Dot(backend.Dot{X: buf(x), Y: buf(y), Z: buf(z), N: n, P: -0.5})
				})
			}})
		}
	}
	return cases
}
