package wgsl

import (
	"fmt"
	"strconv"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Most keys of windowattention.wgsl. 8 rows of scores take 8 KiB of workgroup memory at most. Lavapipe runs products
// faster unless the keys are very few (BenchmarkAttention).
const (
	windowKeys         = 256
	windowKeysSoftware = 32
)

// windowed says whether a runs in windowattention.wgsl: its keys are few, and K and V of one item can be bound.
func (d *Device) windowed(a backend.Attention) bool {
	one := items{0, 1, a.Heads}
	return a.Nk <= d.limits.windowKeys && d.fits(one.span(headMatrix(a.K, a.D), a.Nk, a.D)) &&
		d.fits(one.span(headMatrix(a.V, a.Dv), a.Nk, a.Dv))
}

// windowAttention computes an attention over few keys.
func (d *Device) windowAttention(a backend.Attention) {
	d.windowPart(a, scoreChunk{items{0, a.B * a.Heads, a.Heads}, 0, a.Nq})
}

// windowPart runs c, in halves if it is too large for the bindings, the grid or one submission.
func (d *Device) windowPart(a backend.Attention, c scoreChunk) {
	const queries = 8 // per workgroup
	q, k, v, o := headMatrix(a.Q, a.D).rows(c.row), headMatrix(a.K, a.D), headMatrix(a.V, a.Dv), headMatrix(a.O, a.Dv).rows(c.row)
	spans := []span{c.items.span(q, c.rows, a.D), c.items.span(k, a.Nk, a.D), c.items.span(v, a.Nk, a.Dv),
		c.items.span(o, c.rows, a.Dv), c.lse(a)}
	grid := [3]int{ceilDiv(c.rows, queries), c.items.n, 1}
	work := 2 * float64(c.items.n*c.rows) * float64(a.Nk*(a.D+a.Dv))
	fit := work <= d.limits.batchWork && grid[0] <= d.limits.workgroups && grid[1] <= d.limits.workgroups
	for _, s := range spans {
		fit = fit && d.fits(s)
	}
	switch half := c; {
	case !fit && c.items.n > 1:
		half.items.n /= 2
		d.windowPart(a, half)
		d.windowPart(a, scoreChunk{items{c.items.first + half.items.n, c.items.n - half.items.n, a.Heads}, c.row, c.rows})
	case !fit && c.rows > queries:
		half.rows = halfOf(c.rows, queries)
		d.windowPart(a, half)
		d.windowPart(a, scoreChunk{c.items, c.row + half.rows, c.rows - half.rows})
	default:
		sent := params{{"rows", c.rows}, {"keys", a.Nk}, {"width", a.D}, {"value_width", a.Dv}}.
			and(matrixParams("q", q, spans[0])...).and(matrixParams("k", k, spans[1])...).
			and(matrixParams("v", v, spans[2])...).and(matrixParams("o", o, spans[3])...).
			and(params{{"first", c.items.first}, {"inner", a.Heads}, {"lse_base", spans[4].base}, {"lse_stride", a.Nq},
				{"has_lse", a.LSE != nil}, {"scale", a.Scale}}...)
		d.launch(d.windowKernel(a, q, k, v), grid, work, spans, sent)
	}
}

// windowKernel returns the shader for a's number of keys and its layout.
func (d *Device) windowKernel(a backend.Attention, q, k, v matrix) *kernel {
	element, load := "f32", "first_words(vec4<f32>(%[1]s[at], %[1]s[at + 1u], %[1]s[at + 2u], %[1]s[at + 3u]), left)"
	if q.aligned() && k.aligned() && v.aligned() && a.D%4 == 0 && a.Dv%4 == 0 {
		element, load = "vec4<f32>", "%s[at / 4u]"
	}
	keys := ceilDiv(a.Nk, 64) * 64
	return d.kernel("windowattention.wgsl", "{{ELEMENT}}", element, "{{KEYS}}", strconv.Itoa(keys),
		"{{SCORES}}", strconv.Itoa(8*keys), "{{LOAD_Q}}", fmt.Sprintf(load, "q"), "{{LOAD_K}}", fmt.Sprintf(load, "k"),
		"{{LOAD_V}}", fmt.Sprintf(load, "v"))
}
