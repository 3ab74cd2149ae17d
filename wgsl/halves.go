package wgsl

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// KeepHalves implements backend.HalfKeeper.
func (d *Device) KeepHalves(b backend.Buffer) backend.Buffer {
	own := b.(*buffer)
	if !d.halves || own.half || !d.usable(own) {
		return b
	}
	packed := d.alloc(ceilDiv(own.n, 2))
	packed.n, packed.half = own.n, true
	d.convert("narrow16.wgsl", own, packed)
	d.Free(b)
	return packed
}

// Trim implements backend.HalfKeeper.
func (d *Device) Trim() {
	d.flush()
	d.fail(d.waitIdle())
	d.pool.trim()
	d.driver.poll()
}

// Precision is that of stored weights and memories: "f16" or "f32". Kernels always compute in float32.
func (d *Device) Precision() string {
	if d.halves {
		return "f16"
	}
	return "f32"
}

// widened returns a copy of b in float32.
func (d *Device) widened(b *buffer) *buffer {
	wide := d.alloc(b.n)
	d.convert("widen16.wgsl", b, wide)
	return wide
}

// convert copies x to y with narrow16.wgsl or widen16.wgsl.
func (d *Device) convert(file string, x, y *buffer) {
	k := d.kernel(file)
	for _, c := range d.chunks(ceilDiv(x.n, 2*alignWords), 2*alignWords) { // bindings of float16 begin at multiples of 2*alignWords
		start := c.start * 2 * alignWords
		n := min(c.n*2*alignWords, x.n-start)
		d.run(k, ceilDiv(n, 2), float64(2*n), []span{window(x, start, n), window(y, start, n)}, params{{"n", n}})
	}
}

// readable returns spans in which float16 buffers that k cannot read are replaced by float32 copies, and a function that frees
// these.
func (d *Device) readable(k *kernel, spans []span) ([]span, func()) {
	var copies []*buffer
	for i, s := range spans {
		if s.buf == nil || !s.buf.half || k.halves[i] {
			continue
		}
		if k.access[i] != 'r' {
			panic(fmt.Sprintf("wgsl: %s writes to a buffer that is stored as float16", k.name))
		}
		if copies == nil {
			spans = append([]span{}, spans...)
		}
		wide := d.widened(s.buf)
		copies = append(copies, wide)
		spans[i].buf = wide
	}
	return spans, func() {
		for _, b := range copies {
			d.Free(b)
		}
	}
}

// elementLoad returns the placeholders for loading an element of x, of one or four words: {{LOAD_X}} loads x[at].
func elementLoad(x *buffer, width int) []string {
	switch {
	case !x.half && width == 4:
		return []string{"{{X_ELEMENT}}", "vec4<f32>", "{{LOAD_X}}", "x[at]"}
	case !x.half:
		return []string{"{{X_ELEMENT}}", "f32", "{{LOAD_X}}", "x[at]"}
	case width == 4:
		return []string{"{{X_ELEMENT}}", "vec2<u32>", "{{LOAD_X}}", "four_halves(x[at])"}
	}
	return []string{"{{X_ELEMENT}}", "u32", "{{LOAD_X}}", "half_of(x[at / 2u], at)"}
}

// vectorLoad returns the element type of the matrix named x and an expression that loads four of its words, from word at on. If
// wide is set, at must be a multiple of four.
func vectorLoad(x string, half, wide bool) (element, load string) {
	switch {
	case half && wide:
		return "vec2<u32>", fmt.Sprintf("four_halves(%s[at / 4u])", x)
	case half:
		return "u32", fmt.Sprintf("vec4<f32>(half_of(%[1]s[at / 2u], at), half_of(%[1]s[(at + 1u) / 2u], at + 1u), "+
			"half_of(%[1]s[(at + 2u) / 2u], at + 2u), half_of(%[1]s[(at + 3u) / 2u], at + 3u))", x)
	case wide:
		return "vec4<f32>", x + "[at / 4u]"
	}
	return "f32", fmt.Sprintf("vec4<f32>(%[1]s[at], %[1]s[at + 1u], %[1]s[at + 2u], %[1]s[at + 3u])", x)
}
