package kerneltest

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// lengths returns lengths of one-dimensional operands.
func lengths(s *suite) []int {
	list := []int{1, 3, 64, 255, 1025, 70001}
	if s.opts.BindingWords > 0 {
		list = append(list, s.opts.BindingWords+1, 3*s.opts.BindingWords+17)
	}
	if s.opts.Large {
		list = append(list, 1<<22+3)
	}
	return list
}

// wide returns n numbers, mostly from -30 to 30, including special points of every activation.
func wide(t *trial, n int) []float32 {
	data := t.normal(n)
	for i := range data {
		switch i % 7 {
		case 3:
			data[i] *= 10
		case 5:
			data[i] = []float32{0, -100, 100, 0.5, -1e-8, 6, -6}[i/7%7]
		}
	}
	return data
}

func mapCases(s *suite) []kernelCase {
	ops := []struct {
		name string
		op   backend.MapOp
		p, q float32
		tol  Tolerance
	}{
		{"affine", backend.MapAffine, -1.5, 0.25, rounding.scaled(100)},
		{"relu", backend.MapReLU, 0, 0, rounding},
		{"gelu", backend.MapGELU, 0, 0, functions},
		{"sigmoid", backend.MapSigmoid, 0, 0, functions},
		{"greater", backend.MapGreater, 0.5, 0, rounding},
	}
	var cases []kernelCase
	for _, f := range ops {
		for _, n := range lengths(s) {
			for _, mode := range []string{"", "accumulate", "inPlace"} {
				cases = append(cases, kernelCase{fmt.Sprintf("%s %d %s", f.name, n, mode), func(t *trial) {
					x := t.add("X", wide(t, n), mode == "inPlace")
					y := x
					if mode != "inPlace" {
						y = t.result("Y", n, mode == "accumulate")
					}
					t.compare(f.tol, func(k backend.Kernels, buf buffers) {
						k.Map(backend.Map{Op: f.op, X: buf(x), Y: buf(y), N: n, P: f.p, Q: f.q, Accumulate: mode == "accumulate"})
					})
				}})
			}
		}
	}
	return cases
}

func mapBackwardCases(s *suite) []kernelCase {
	var cases []kernelCase
	for name, op := range map[string]backend.MapOp{"relu": backend.MapReLU, "gelu": backend.MapGELU, "sigmoid": backend.MapSigmoid} {
		for _, n := range lengths(s) {
			for _, overwrite := range []bool{false, true} {
				cases = append(cases, kernelCase{fmt.Sprintf("%s %d overwrite=%v", name, n, overwrite), func(t *trial) {
					x, dy, dx := t.given("X", wide(t, n)), t.input("DY", n), t.result("DX", n, !overwrite)
					t.compare(functions, func(k backend.Kernels, buf buffers) {
						k.MapBackward(backend.MapBackward{Op: op, X: buf(x), DY: buf(dy), DX: buf(dx), N: n, Overwrite: overwrite})
					})
				}})
			}
		}
	}
	return cases
}

func zipCases(s *suite) []kernelCase {
	type shape struct {
		name       string
		dims       [3]int
		xs, ys     [3]int
		xoff, yoff int
	}
	list := []shape{
		{name: "one", dims: [3]int{1, 1, 1}, xs: [3]int{1, 1, 1}, ys: [3]int{1, 1, 1}},
		{name: "flat", dims: [3]int{1, 1, 1037}, xs: [3]int{0, 0, 1}, ys: [3]int{0, 0, 1}},
		{name: "rows plus channels", dims: [3]int{3, 17, 33}, xs: [3]int{17 * 33, 33, 1}, ys: [3]int{0, 0, 1}},
		{name: "rows times items", dims: [3]int{3, 17, 33}, xs: [3]int{17 * 33, 33, 1}, ys: [3]int{33, 0, 1}},
		{name: "rows times a mask", dims: [3]int{3, 17, 33}, xs: [3]int{17 * 33, 33, 1}, ys: [3]int{17, 1, 0}},
		{name: "scalar", dims: [3]int{2, 5, 7}, xs: [3]int{35, 7, 1}, ys: [3]int{}},
		{name: "outer", dims: [3]int{1, 19, 23}, xs: [3]int{0, 1, 0}, ys: [3]int{0, 0, 1}},
		{name: "offsets and strides", dims: [3]int{3, 5, 7}, xs: [3]int{100, 11, 1}, ys: [3]int{1, 3, 15}, xoff: 13, yoff: 2},
	}
	if limit := s.opts.BindingWords; limit > 0 {
		n := limit/64 + 3
		list = append(list,
			shape{name: "past the binding, flat", dims: [3]int{1, 1, limit + 7}, xs: [3]int{0, 0, 1}, ys: [3]int{0, 0, 1}},
			shape{name: "past the binding, broadcast", dims: [3]int{1, n, 64}, xs: [3]int{0, 64, 1}, ys: [3]int{0, 0, 1}},
			shape{name: "past the binding, items", dims: [3]int{n, 4, 16}, xs: [3]int{64, 16, 1}, ys: [3]int{16, 0, 1}})
	}
	var cases []kernelCase
	for _, c := range list {
		for name, op := range map[string]backend.ZipOp{"add": backend.ZipAdd, "mul": backend.ZipMul} {
			for _, mode := range []string{"", "accumulate", "inPlace"} {
				size := c.dims[0] * c.dims[1] * c.dims[2]
				if mode == "inPlace" && (extent(c.xoff, c.dims[:], c.xs[:]) != size || c.name == "outer") {
					continue // X is not contiguous
				}
				cases = append(cases, kernelCase{fmt.Sprintf("%s %s %s", c.name, name, mode), func(t *trial) {
					x := t.add("X", t.normal(extent(c.xoff, c.dims[:], c.xs[:])), mode == "inPlace")
					y := t.input("Y", extent(c.yoff, c.dims[:], c.ys[:]))
					z := x
					if mode != "inPlace" {
						z = t.result("Z", size, mode == "accumulate")
					}
					t.compare(rounding.scaled(4), func(k backend.Kernels, buf buffers) {
						k.Zip(backend.Zip{Op: op, X: buf(x), Y: buf(y), Z: buf(z), XOff: c.xoff, YOff: c.yoff, Dims: c.dims,
							XStride: c.xs, YStride: c.ys, P: 0.75, Q: -1.25, Accumulate: mode == "accumulate"})
					})
				}})
			}
		}
	}
	return cases
}

// extent returns the number of words up to the last one that a strided block touches.
func extent(off int, dims, strides []int) int {
	n := off + 1
	for i := range dims {
		n += (dims[i] - 1) * strides[i]
	}
	return n
}

func copyCases(s *suite) []kernelCase {
	type shape struct {
		name         string
		dims, xs, ys [5]int
		xoff, yoff   int
	}
	list := []shape{
		{name: "one word", dims: [5]int{1, 1, 1, 1, 1}},
		{name: "run with offsets", dims: [5]int{1, 1, 1, 1, 1003}, xs: [5]int{4: 1}, ys: [5]int{4: 1}, xoff: 5, yoff: 9},
		{name: "windows", dims: [5]int{3, 2, 4, 4, 6}, // [12,8] grid of 6 channels into windows of 4x4
			xs: [5]int{4 * 8 * 6, 4 * 6, 8 * 6, 6, 1}, ys: [5]int{2 * 96, 96, 24, 6, 1}},
		{name: "transpose", dims: [5]int{1, 1, 3, 31, 17}, xs: [5]int{0, 0, 31 * 17, 17, 1}, ys: [5]int{0, 0, 31 * 17, 1, 31}},
		{name: "channel slice", dims: [5]int{1, 1, 1, 29, 5}, xs: [5]int{0, 0, 0, 13, 1}, ys: [5]int{0, 0, 0, 5, 1}, xoff: 4},
		{name: "join", dims: [5]int{1, 1, 1, 29, 5}, xs: [5]int{0, 0, 0, 5, 1}, ys: [5]int{0, 0, 0, 13, 1}, yoff: 8},
		{name: "pixel shuffle", dims: [5]int{5, 7, 2, 2, 3}, // [5,7,2,2,3] to [10,14,3]
			xs: [5]int{84, 12, 6, 3, 1}, ys: [5]int{2 * 42, 6, 42, 3, 1}},
		{name: "repeat", dims: [5]int{1, 1, 4, 9, 5}, xs: [5]int{0, 0, 0, 5, 1}, ys: [5]int{0, 0, 45, 5, 1}},
		{name: "scalar repeat", dims: [5]int{1, 1, 1, 1, 77}, ys: [5]int{4: 1}},
		{name: "every third", dims: [5]int{1, 1, 1, 1, 50}, xs: [5]int{4: 3}, ys: [5]int{4: 2}, xoff: 1},
		{name: "odd leading sizes", dims: [5]int{2, 1, 3, 1, 5}, xs: [5]int{40, 1000, 11, 1000, 2}, ys: [5]int{15, 1, 5, 1, 1}},
	}
	if limit := s.opts.BindingWords; limit > 0 {
		n := limit/64 + 3
		list = append(list,
			shape{name: "past the binding, run", dims: [5]int{1, 1, 1, 1, limit + 9}, xs: [5]int{4: 1}, ys: [5]int{4: 1}, xoff: 3, yoff: 1},
			shape{name: "past the binding, transpose", dims: [5]int{1, 1, 1, n, 64}, xs: [5]int{0, 0, 0, 64, 1}, ys: [5]int{0, 0, 0, 1, n}},
			shape{name: "past the binding, late slice", dims: [5]int{1, 1, 1, 1, 31}, xs: [5]int{4: 1}, ys: [5]int{4: 1}, xoff: limit + 11})
	}
	if s.opts.Large {
		list = append(list, shape{name: "windows of stage 1", dims: [5]int{32, 32, 8, 8, 96},
			xs: [5]int{8 * 256 * 96, 8 * 96, 256 * 96, 96, 1}, ys: [5]int{32 * 6144, 6144, 768, 96, 1}})
	}
	var cases []kernelCase
	for _, c := range list {
		for _, accumulate := range []bool{false, true} {
			cases = append(cases, kernelCase{fmt.Sprintf("%s accumulate=%v", c.name, accumulate), func(t *trial) {
				x := t.input("X", extent(c.xoff, c.dims[:], c.xs[:]))
				y := t.result("Y", extent(c.yoff, c.dims[:], c.ys[:])+3, accumulate) // 3 words that must stay as they are
				tol := Exact
				if accumulate {
					tol = rounding
				}
				t.compare(tol, func(k backend.Kernels, buf buffers) {
					k.Copy(backend.Copy{X: buf(x), Y: buf(y), XOff: c.xoff, YOff: c.yoff, Dims: c.dims, XStride: c.xs,
						YStride: c.ys, Accumulate: accumulate})
				})
			}})
		}
	}
	return cases
}

func fillCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, n := range lengths(s) {
		cases = append(cases, kernelCase{fmt.Sprint(n), func(t *trial) {
			x := t.accumulator("X", n+8)
			t.compare(Exact, func(k backend.Kernels, buf buffers) {
				k.Fill(backend.Fill{X: buf(x), Off: 5, N: n, Value: -2.5})
			})
		}})
	}
	return cases
}

func dropoutCases(s *suite) []kernelCase {
	var cases []kernelCase
	for _, n := range lengths(s) {
		for _, c := range []struct {
			group int
			rate  float32
		}{{1, 0.1}, {1, 0}, {7, 0.5}, {n/3 + 1, 0.3}, {1, 0.001}} {
			for _, accumulate := range []bool{false, true} {
				cases = append(cases, kernelCase{fmt.Sprintf("%d group%d rate%g accumulate=%v", n, c.group, c.rate, accumulate), func(t *trial) {
					x, y := t.input("X", n), t.result("Y", n, accumulate)
					seed := t.rng.Uint32()
					t.compare(rounding.scaled(4), func(k backend.Kernels, buf buffers) {
						k.Dropout(backend.Dropout{X: buf(x), Y: buf(y), N: n, Group: c.group, Rate: c.rate, Seed: seed, Accumulate: accumulate})
					})
				}})
			}
		}
	}
	return cases
}
