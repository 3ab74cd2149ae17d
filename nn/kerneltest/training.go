package kerneltest

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

type masks struct{ b, p, repeat int }

func (m masks) String() string { return fmt.Sprintf("b%d p%d repeat%d", m.b, m.p, m.repeat) }

func maskList(s *suite) []masks {
	list := []masks{{1, 1, 1}, {3, 37, 3}, {6, 1031, 2}, {4, 65, 1}, {2, 70001, 1}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, masks{3, limit/2 + 3, 3}, masks{2, limit + 5, 1})
	}
	if s.opts.Large {
		list = append(list, masks{4, 1 << 20, 4})
	}
	return list
}

// operands declares logits from -100 to 100 and a truth of 0 and 1.
func (m masks) operands(t *trial) (x, truth *operand) {
	x = t.given("X", wide(t, m.b*m.p))
	data := make([]float32, m.b/m.repeat*m.p)
	for i := range data {
		data[i] = float32(t.rng.IntN(2))
	}
	return x, t.given("T", data)
}

func maskLossCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, m := range maskList(s) {
		cases = append(cases, kernelCase{m.String(), func(t *trial) {
			x, truth := m.operands(t)
			out := t.output("Out", m.b*backend.MaskLossTerms)
			t.compare(positives, func(k backend.Kernels, buf buffers) {
				k.MaskLoss(backend.MaskLoss{X: buf(x), T: buf(truth), Out: buf(out), B: m.b, P: m.p, Repeat: m.repeat, Alpha: 0.25})
			})
		}})
	}
	return cases
}

func maskLossBackwardCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, m := range maskList(s) {
		cases = append(cases, kernelCase{m.String(), func(t *trial) {
			x, truth := m.operands(t)
			g, dx := t.input("G", m.b*3), t.accumulator("DX", m.b*m.p)
			t.compare(functions.scaled(4), func(k backend.Kernels, buf buffers) {
				k.MaskLossBackward(backend.MaskLossBackward{X: buf(x), T: buf(truth), G: buf(g), DX: buf(dx),
					B: m.b, P: m.p, Repeat: m.repeat, Alpha: 0.25})
			})
		}})
	}
	return cases
}

func adamWCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, n := range lengths(s) {
		for _, first := range []bool{true, false} {
			cases = append(cases, kernelCase{fmt.Sprintf("%d first=%v", n, first), func(t *trial) {
				a := backend.AdamW{N: n, LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1, GradScale: 0.5,
					Correction1: 0.1, Correction2: 0.001}
				m, v := make([]float32, n), make([]float32, n)
				if !first {
					a.Correction1, a.Correction2 = 0.40951, 0.00499
					m, v = t.normal(n), t.normal(n)
					for i := range v {
						v[i] *= v[i]
					}
				}
				param, g := t.accumulator("Param", n), t.input("G", n)
				mom, vel := t.add("M", m, true), t.add("V", v, true)
				t.compare(rounding.scaled(4), func(k backend.Kernels, buf buffers) {
					a := a
					a.Param, a.G, a.M, a.V = buf(param), buf(g), buf(mom), buf(vel)
					k.AdamW(a)
				})
			}})
		}
	}
	return cases
}
