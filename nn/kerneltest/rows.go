package kerneltest

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

type matrix struct{ rows, c int }

func (m matrix) String() string { return fmt.Sprintf("%dx%d", m.rows, m.c) }

func normList(s *suite) []matrix {
	list := []matrix{{1, 1}, {1, 7}, {5, 2}, {37, 96}, {130, 33}, {3, 257}, {2, 1031}, {67, 256}, {515, 4}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, matrix{limit/96 + 3, 96})
	}
	if s.opts.Large {
		list = append(list, matrix{65536, 96}, matrix{4096, 256})
	}
	return list
}

func layerNormCases(s *suite) []kernelCase {
	var cases []kernelCase
	add := func(m matrix, kind string, tol Tolerance, inPlace bool, act backend.Activation, x func(t *trial) []float32) {
		cases = append(cases, kernelCase{m.String() + kind, func(t *trial) {
			in, gamma, beta := t.add("X", x(t), inPlace), t.input("Gamma", m.c), t.input("Beta", m.c)
			out := in
			if !inPlace {
				out = t.output("Y", m.rows*m.c)
			}
			t.compare(tol, func(k backend.Kernels, buf buffers) {
				k.LayerNorm(backend.LayerNorm{X: buf(in), Gamma: buf(gamma), Beta: buf(beta), Y: buf(out),
					Rows: m.rows, C: m.c, Eps: 1e-6, Act: act})
			})
		}})
	}
	for _, m := range normList(s) {
		normal := func(t *trial) []float32 { return t.normal(m.rows * m.c) }
		tol := normRows
		if m.c <= 4 {
			tol = farMean // few channels may lie close together, far from 0
		}
		add(m, "", tol, false, backend.Identity, normal)
		add(m, " inPlace", tol, true, backend.Identity, normal)
		add(m, " gelu", tol, false, backend.GELU, normal)
	}
	far := matrix{33, 96}
	add(far, " far mean", farMean, false, backend.Identity, func(t *trial) []float32 {
		data := t.normal(far.rows * far.c)
		for i := range data {
			data[i] += 100
		}
		return data
	})
	add(far, " constant", flatRows, false, backend.Identity, func(t *trial) []float32 {
		data := make([]float32, far.rows*far.c)
		for i := range data {
			data[i] = float32(i / far.c)
		}
		return data
	})
	return cases
}

func layerNormBackwardCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, m := range normList(s) {
		for _, want := range []string{"dx", "dgamma", "dx dgamma", "dx dgamma overwrite"} {
			cases = append(cases, kernelCase{m.String() + " " + want, func(t *trial) {
				x, gamma, dy := t.input("X", m.rows*m.c), t.input("Gamma", m.c), t.input("DY", m.rows*m.c)
				var dx, dgamma, dbeta *operand
				overwrite := want == "dx dgamma overwrite"
				if want != "dgamma" {
					dx = t.result("DX", m.rows*m.c, !overwrite)
				}
				if want != "dx" {
					dgamma, dbeta = t.accumulator("DGamma", m.c), t.accumulator("DBeta", m.c)
				}
				tol := sums(m.rows)
				tol.Abs += farMean.Abs
				// Eps 1e-2: the gradient grows like 1/sqrt(var + Eps), and two channels may be nearly equal.
				t.compare(tol, func(k backend.Kernels, buf buffers) {
					k.LayerNormBackward(backend.LayerNormBackward{X: buf(x), Gamma: buf(gamma), DY: buf(dy),
						DX: buf(dx), DGamma: buf(dgamma), DBeta: buf(dbeta), Rows: m.rows, C: m.c, Eps: 1e-2, Overwrite: overwrite})
				})
			}})
		}
	}
	return cases
}

func ropeCases(s *suite) []kernelCase {
	type shape struct{ b, n, c, rotated, period int }
	list := []shape{{1, 1, 2, 1, 1}, {2, 7, 6, 7, 7}, {1, 37, 256, 33, 11}, {3, 5, 16, 0, 4}, {2, 70, 10, 64, 16}, {1, 9, 4, 9, 20}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, shape{1, limit/64 + 3, 64, limit / 64, 31}, shape{limit/(7*6) + 2, 7, 6, 5, 5})
	}
	if s.opts.Large {
		list = append(list, shape{1, 28736, 256, 28672, 4096})
	}
	var cases []kernelCase
	for _, c := range list {
		for _, mode := range []string{"", "accumulate", "inPlace"} {
			for _, inverse := range []bool{false, true} {
				name := fmt.Sprintf("b%d n%d c%d rotated%d period%d %s inverse=%v", c.b, c.n, c.c, c.rotated, c.period, mode, inverse)
				cases = append(cases, kernelCase{name, func(t *trial) {
					x := t.add("X", t.normal(c.b*c.n*c.c), mode == "inPlace")
					y := x
					if mode != "inPlace" {
						y = t.result("Y", c.b*c.n*c.c, mode == "accumulate")
					}
					table := t.input("Table", c.period*c.c)
					t.compare(rounding.scaled(4), func(k backend.Kernels, buf buffers) {
						k.RoPE(backend.RoPE{X: buf(x), Y: buf(y), Table: buf(table), B: c.b, N: c.n, C: c.c,
							Rotated: c.rotated, Period: c.period, Inverse: inverse, Accumulate: mode == "accumulate"})
					})
				}})
			}
		}
	}
	return cases
}
