package nn

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Filter is a way to resize an image, as torch.nn.functional.interpolate with align_corners=False.
type Filter int

// The filters of Resize.
const (
	Bilinear            Filter = iota
	BilinearAntialiased        // the triangle widened by the scale when shrinking
	Bicubic                    // a = -0.75, borders repeated
	Nearest
)

// Resize returns x [B,H,W,C] at h x w. Each axis is a sparse linear map, so one kernel serves all
// filters and, with the map transposed, their backward.
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
	g.note(y, []*Tensor{x}, nil, func(dy backend.Buffer) {
		t := g.filterTable(in, out, f, true) // y = R x, so dx = R^T dy
		dx, acc := g.gradInto(x)
		g.dev.Resample(backend.Resample{X: dy, Y: dx, Table: t.buf, Taps: t.Dim(1) - 1, Outer: outer, In: out, Out: in, Inner: inner, Accumulate: acc})
	})
	return y
}

// filterTable returns the kernel's table of a filter or of its transpose, made on first use.
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

// filterRow is the weights of consecutive inputs in one output.
type filterRow struct {
	start   int
	weights []float64
}

// filterRows returns, for each of out outputs, its inputs and weights.
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

// cubicWeights are the four taps of cubic convolution with a = -0.75 (Keys 1981) at fraction t.
func cubicWeights(t float64) []float64 {
	const a = -0.75
	near := func(x float64) float64 { return ((a+2)*x-(a+3))*x*x + 1 }
	far := func(x float64) float64 { return ((a*x-5*a)*x+8*a)*x - 4*a }
	return []float64{far(t + 1), near(t), near(1 - t), far(2 - t)}
}

// triangleRow weighs the inputs under a triangle of half width support, normalized.
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

// clampedRow puts weights on inputs start, start+1, ..; those outside 0..in-1 go to the border.
func clampedRow(in, start int, weights []float64) filterRow {
	lo, hi := min(max(start, 0), in-1), min(max(start+len(weights)-1, 0), in-1)
	row := filterRow{lo, make([]float64, hi-lo+1)}
	for k, w := range weights {
		row.weights[min(max(start+k, 0), in-1)-lo] += w
	}
	return row
}

// transposeRows returns the rows of the transposed map, one per input.
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

// packRows lays rows out as the kernel's table [len(rows), 1+taps].
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
