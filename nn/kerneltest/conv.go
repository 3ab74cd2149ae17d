package kerneltest

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// im2colList returns patch geometries: those of the models, on images with odd sizes, and kernels that reach outside the image.
func im2colList(s *suite) []backend.Im2Col {
	list := []backend.Im2Col{
		{B: 1, H: 1, W: 1, C: 1, KH: 1, KW: 1, Stride: 1},
		{B: 1, H: 1, W: 1, C: 2, KH: 3, KW: 3, Stride: 1, Pad: 1},
		{B: 2, H: 29, W: 31, C: 3, KH: 7, KW: 7, Stride: 4, Pad: 3},
		{B: 1, H: 13, W: 11, C: 5, KH: 3, KW: 3, Stride: 2, Pad: 1},
		{B: 3, H: 8, W: 6, C: 7, KH: 2, KW: 2, Stride: 2},
		{B: 1, H: 5, W: 9, C: 4, KH: 2, KW: 3, Stride: 3, Pad: 2},
		{B: 1, H: 4, W: 4, C: 16, KH: 3, KW: 3, Stride: 5, Pad: 4},
		{B: 2, H: 17, W: 3, C: 1, KH: 5, KW: 3, Stride: 1, Pad: 2},
	}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list,
			backend.Im2Col{B: 1, H: limit/(13*4) + 5, W: 13, C: 4, KH: 3, KW: 3, Stride: 2, Pad: 1},
			backend.Im2Col{B: limit/(7*7*3) + 2, H: 7, W: 7, C: 3, KH: 2, KW: 2, Stride: 1})
	}
	if s.opts.Large {
		list = append(list, backend.Im2Col{B: 1, H: 1024, W: 1024, C: 3, KH: 7, KW: 7, Stride: 4, Pad: 3})
	}
	return list
}

func im2colName(a backend.Im2Col) string {
	return fmt.Sprintf("b%d %dx%dx%d k%dx%d s%d p%d", a.B, a.H, a.W, a.C, a.KH, a.KW, a.Stride, a.Pad)
}

func im2colCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, a := range im2colList(s) {
		cases = append(cases, kernelCase{im2colName(a), func(t *trial) {
			oh, ow := a.OutSize()
			x, cols := t.input("X", a.B*a.H*a.W*a.C), t.output("Cols", a.B*oh*ow*a.KH*a.KW*a.C)
			t.compare(Exact, func(k backend.Kernels, buf buffers) {
				a := a
				a.X, a.Cols = buf(x), buf(cols)
				k.Im2Col(a)
			})
		}})
	}
	return cases
}

func col2imCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, a := range im2colList(s) {
		cases = append(cases, kernelCase{im2colName(a), func(t *trial) {
			oh, ow := a.OutSize()
			x, cols := t.accumulator("X", a.B*a.H*a.W*a.C), t.input("Cols", a.B*oh*ow*a.KH*a.KW*a.C)
			t.compare(sums(a.KH*a.KW), func(k backend.Kernels, buf buffers) {
				a := a
				a.X, a.Cols = buf(x), buf(cols)
				k.Col2Im(a)
			})
		}})
	}
	return cases
}

// image is the size of images [B,H,W,C] and of a kernel, if there is one.
type image struct{ b, h, w, c, k int }

func (m image) String() string {
	s := fmt.Sprintf("b%d %dx%dx%d", m.b, m.h, m.w, m.c)
	if m.k > 0 {
		s += fmt.Sprintf(" k%d", m.k)
	}
	return s
}

func (m image) size() int { return m.b * m.h * m.w * m.c }

func depthwiseList(s *suite) []image {
	list := []image{{1, 1, 1, 1, 1}, {1, 1, 1, 3, 7}, {2, 5, 3, 4, 3}, {1, 13, 17, 6, 7}, {3, 9, 2, 33, 5}, {1, 8, 8, 64, 7}, {2, 19, 23, 64, 7}, {3, 40, 16, 37, 7}, {1, 2, 8, 32, 7},
		{1, 2, 37, 1, 7}, {1, 3, 3, 130, 3}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, image{1, limit/(11*8) + 3, 11, 8, 7}, image{limit/(5*5*4) + 2, 5, 5, 4, 3})
	}
	if s.opts.Large {
		list = append(list, image{1, 64, 64, 256, 7})
	}
	return list
}

func depthwiseCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, m := range depthwiseList(s) {
		for _, biased := range []bool{false, true} {
			cases = append(cases, kernelCase{fmt.Sprintf("%v bias=%v", m, biased), func(t *trial) {
				x, w, y := t.input("X", m.size()), t.input("Weight", m.k*m.k*m.c), t.output("Y", m.size())
				var bias *operand
				if biased {
					bias = t.input("Bias", m.c)
				}
				t.compare(sums(m.k*m.k), func(k backend.Kernels, buf buffers) {
					k.DepthwiseConv(backend.DepthwiseConv{X: buf(x), Weight: buf(w), Bias: buf(bias), Y: buf(y),
						B: m.b, H: m.h, W: m.w, C: m.c, K: m.k})
				})
			}})
		}
	}
	return cases
}

func depthwiseBackwardCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, m := range depthwiseList(s) {
		for _, want := range []string{"dx", "dweight", "dbias", "dx dweight dbias"} {
			cases = append(cases, kernelCase{m.String() + " " + want, func(t *trial) {
				x, w, dy := t.input("X", m.size()), t.input("Weight", m.k*m.k*m.c), t.input("DY", m.size())
				var dx, dw, db *operand
				if want == "dx" || len(want) > 8 {
					dx = t.accumulator("DX", m.size())
				}
				if want == "dweight" || len(want) > 8 {
					dw = t.accumulator("DWeight", m.k*m.k*m.c)
				}
				if want == "dbias" || len(want) > 8 {
					db = t.accumulator("DBias", m.c)
				}
				t.compare(sums(max(m.k*m.k, m.b*m.h*m.w)), func(k backend.Kernels, buf buffers) {
					k.DepthwiseConvBackward(backend.DepthwiseConvBackward{X: buf(x), Weight: buf(w), DY: buf(dy),
						DX: buf(dx), DWeight: buf(dw), DBias: buf(db), B: m.b, H: m.h, W: m.w, C: m.c, K: m.k})
				})
			}})
		}
	}
	return cases
}

func maxPoolList(s *suite) []image {
	list := []image{{1, 2, 2, 1, 0}, {2, 3, 5, 3, 0}, {1, 14, 14, 96, 0}, {3, 7, 2, 5, 0}, {1, 2, 33, 17, 0}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, image{1, limit/(9*8) + 3, 9, 8, 0}, image{limit/(3*3*4) + 2, 3, 3, 4, 0})
	}
	if s.opts.Large {
		list = append(list, image{1, 256, 256, 96, 0})
	}
	return list
}

func maxPoolCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, m := range maxPoolList(s) {
		cases = append(cases, kernelCase{m.String(), func(t *trial) {
			x, y := t.input("X", m.size()), t.output("Y", m.b*(m.h/2)*(m.w/2)*m.c)
			t.compare(Exact, func(k backend.Kernels, buf buffers) {
				k.MaxPool(backend.MaxPool{X: buf(x), Y: buf(y), B: m.b, H: m.h, W: m.w, C: m.c})
			})
		}})
	}
	return cases
}

func maxPoolBackwardCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, m := range maxPoolList(s) {
		for _, ties := range []bool{false, true} {
			cases = append(cases, kernelCase{fmt.Sprintf("%v ties=%v", m, ties), func(t *trial) {
				data := t.normal(m.size())
				if ties { // few different values: the first of equals must win
					for i := range data {
						data[i] = float32(t.rng.IntN(3))
					}
				}
				x, dy, dx := t.given("X", data), t.input("DY", m.b*(m.h/2)*(m.w/2)*m.c), t.accumulator("DX", m.size())
				t.compare(rounding, func(k backend.Kernels, buf buffers) {
					k.MaxPoolBackward(backend.MaxPoolBackward{X: buf(x), DY: buf(dy), DX: buf(dx), B: m.b, H: m.h, W: m.w, C: m.c})
				})
			}})
		}
	}
	return cases
}

func resampleCases(s *suite) []kernelCase {
	type shape struct{ taps, outer, in, out, inner int }
	list := []shape{{1, 1, 1, 1, 1}, {2, 3, 5, 11, 1}, {4, 2, 7, 3, 6}, {9, 1, 31, 5, 13}, {2, 17, 16, 33, 1}, {3, 1, 1, 9, 4},
		{4, 65, 2, 2, 1}, {2, 1, 64, 255, 64}}
	if limit := s.opts.BindingWords; limit > 0 {
		list = append(list, shape{2, 1, limit/64 + 3, 91, 64}, shape{2, 1, 31, limit/64 + 3, 64}, shape{2, limit/9 + 3, 9, 17, 1})
	}
	if s.opts.Large {
		list = append(list, shape{2, 1, 256, 1024, 1024}, shape{2, 1024, 256, 1024, 1})
	}
	var cases []kernelCase
	for _, c := range list {
		for _, accumulate := range []bool{false, true} {
			name := fmt.Sprintf("taps%d %dx%dx%d to %d accumulate=%v", c.taps, c.outer, c.in, c.inner, c.out, accumulate)
			cases = append(cases, kernelCase{name, func(t *trial) {
				x := t.given("X", append(t.normal(c.outer*c.in*c.inner), nans(c.taps*c.inner)...)) // what lies behind must not be read
				y := t.result("Y", c.outer*c.out*c.inner, accumulate)
				table := t.given("Table", randomTable(t, c.in, c.out, c.taps))
				t.compare(sums(c.taps), func(k backend.Kernels, buf buffers) {
					k.Resample(backend.Resample{X: buf(x), Y: buf(y), Table: buf(table), Taps: c.taps,
						Outer: c.outer, In: c.in, Out: c.out, Inner: c.inner, Accumulate: accumulate})
				})
			}})
		}
	}
	return cases
}

// randomTable returns a Resample table [out,1+taps] of random starts and weights, 0 for terms past in.
func randomTable(t *trial, in, out, taps int) []float32 {
	table := t.normal(out * (1 + taps))
	for i := range out {
		entry := table[i*(1+taps):][:1+taps]
		start := t.rng.IntN(in)
		entry[0] = float32(start)
		for k := in - start; k < taps; k++ {
			entry[1+k] = 0
		}
	}
	return table
}
