package nn

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Filter is an interpolation mode of torch.nn.functional.interpolate, with align_corners=False.
type Filter int

// The filters of Resize.
const (
	Bilinear            Filter = iota
	BilinearAntialiased        // Bilinear, but the triangle filter is widened by the scale when shrinking
	Bicubic                    // a = -0.75, border pixels repeated
	Nearest
)

// Resize returns x [B,H,W,C] resized to [B,h,w,C]. It resizes one axis at a time. Along an axis, each filter is a sparse matrix,
// so a single kernel serves all of them and, with the transposed matrices, their backward passes.
func (g *Graph) Resize(x *Tensor, h, w int, f Filter) *Tensor {
	B, H, W, C := x.Dim(0), x.Dim(1), x.Dim(2), x.Dim(3)
	return g.Scoped1(func() *Tensor {
		y := g.resampleAxis(x.Reshape(B*H, W, C), w, f).Reshape(B, H, w*C)
		return g.resampleAxis(y, h, f).Reshape(B, h, w, C)
	})
}

// resampleAxis resizes the middle axis of x [outer,in,inner] to out.
func (g *Graph) resampleAxis(x *Tensor, out int, f Filter) *Tensor {
	outer, in, inner := x.Dim(0), x.Dim(1), x.Dim(2)
	if in == out {
		return x
	}
	t := g.filterTable(in, out, f, false)
	taps := t.Dim(1) - 1
	y := g.New(outer, out, inner)
	g.dev.Resample(backend.Resample{X: x.buf, Y: y.buf, Table: t.buf, Taps: taps, Outer: outer, In: in, Out: out, Inner: inner})
	g.record(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		t := g.filterTable(in, out, f, true) // y = R x, so dx = R^T dy
		dx, acc := g.gradInto(x)
		g.dev.Resample(backend.Resample{X: dy, Y: dx, Table: t.buf, Taps: t.Dim(1) - 1, Outer: outer, In: out, Out: in, Inner: inner, Accumulate: acc})
	})
	return y
}

// filterTable returns a filter's matrix, or its transpose, as the kernel's table. It is a constant.
func (g *Graph) filterTable(in, out int, f Filter, transposed bool) *Tensor {
	key := fmt.Sprintf("filter %d: %d to %d, transposed %t", f, in, out, transposed)
	if t := g.constants[key]; t != nil {
		return t
	}
	rows := filterRows(in, out, f)
	if transposed {
		rows = transposeRows(rows, in)
	}
	table, taps := packRows(rows)
	return g.Constant(key, func() []float32 { return table }, len(rows), 1+taps)
}

// filterRow is a row of a filter's matrix: the weights of consecutive inputs in one output.
type filterRow struct {
	start   int
	weights []float64
}

// filterRows returns the rows of a filter's matrix, one for each of out outputs.
func filterRows(in, out int, f Filter) []filterRow {
	rows := make([]filterRow, out)
	scale := float64(in) / float64(out)
	for i := range rows {
		center := (float64(i)+0.5)*scale - 0.5
		switch f {
		case Nearest:
			rows[i] = filterRow{min(int(float64(i)*scale), in-1), []float64{1}}
		case Bilinear:
			c := max(center, 0)
			i0 := int(c)
			rows[i] = clampedRow(in, i0, []float64{1 - (c - float64(i0)), c - float64(i0)})
		case Bicubic:
			i0 := int(math.Floor(center))
			rows[i] = clampedRow(in, i0-1, cubicWeights(center-float64(i0)))
		case BilinearAntialiased:
			rows[i] = triangleRow(in, center, max(scale, 1))
		}
	}
	return rows
}

// cubicWeights are the four weights of cubic convolution with a = -0.75 at fraction t between two samples (Keys, "Cubic Convolution
// Interpolation for Digital Image Processing", 1981).
func cubicWeights(t float64) []float64 {
	const a = -0.75
	near := func(x float64) float64 { return ((a+2)*x-(a+3))*x*x + 1 }
	far := func(x float64) float64 { return ((a*x-5*a)*x+8*a)*x - 4*a }
	return []float64{far(t + 1), near(t), near(1 - t), far(2 - t)}
}

// triangleRow weights the inputs by a triangle of half-width support around center. The weights add up to 1.
func triangleRow(in int, center, support float64) filterRow {
	lo := max(int(center+0.5-support+0.5), 0)
	hi := min(int(center+0.5+support+0.5), in)
	row := filterRow{start: lo}
	sum := 0.0
	for j := lo; j < hi; j++ {
		w := max(1-math.Abs((float64(j)-center)/support), 0)
		row.weights = append(row.weights, w)
		sum += w
	}
	for k := range row.weights {
		row.weights[k] /= sum
	}
	return row
}

// clampedRow gives weights to inputs start, start+1, ..; those of inputs outside 0..in-1 go to the nearest border.
func clampedRow(in, start int, weights []float64) filterRow {
	lo, hi := min(max(start, 0), in-1), min(max(start+len(weights)-1, 0), in-1)
	row := filterRow{lo, make([]float64, hi-lo+1)}
	for k, w := range weights {
		row.weights[min(max(start+k, 0), in-1)-lo] += w
	}
	return row
}

// transposeRows returns the rows of the transposed matrix, one per input.
func transposeRows(rows []filterRow, in int) []filterRow {
	t := make([]filterRow, in)
	for o, r := range rows {
		for k, w := range r.weights {
			c := &t[r.start+k]
			if len(c.weights) == 0 {
				c.start = o
			}
			for len(c.weights) < o-c.start {
				c.weights = append(c.weights, 0)
			}
			c.weights = append(c.weights, w)
		}
	}
	return t
}

// packRows returns rows as the kernel's table [len(rows), 1+taps]: each row is its first input, then the weights, padded with
// zeros.
func packRows(rows []filterRow) (table []float32, taps int) {
	for _, r := range rows {
		taps = max(taps, len(r.weights))
	}
	table = make([]float32, len(rows)*(1+taps))
	for i, r := range rows {
		table[i*(1+taps)] = float32(r.start)
		for k, w := range r.weights {
			table[i*(1+taps)+1+k] = float32(w)
		}
	}
	return table, taps
}
