package wgsl

import "fmt"

// run launches one thread per element, in workgroups of groupThreads. The shader's Params must begin with
//
//	base: array<vec4<u32>, 2>,
//
// which receives the base of each span: base[0].x for the first, ..., base[1].w for the eighth.
func (d *Device) run(k *kernel, threads int, work float64, spans []span, sent params) {
	for i, s := range spans {
		if s.buf == nil {
			panic(fmt.Sprintf("wgsl: %s: got nil at binding %d, want a buffer", k.name, i+1))
		}
	}
	var base [maxSpans]int
	for i, s := range spans {
		base[i] = s.base
	}
	all := make(params, 0, maxSpans+len(sent))
	for i, b := range base {
		all = append(all, param{baseNames[i], b})
	}
	d.launch(k, d.grid(threads, groupThreads), work, spans, append(all, sent...))
}

// maxSpans is the number of storage bindings that every WebGPU device offers.
const maxSpans = 8

// baseNames are the words of base.
var baseNames = [maxSpans]string{"base.0.x", "base.0.y", "base.0.z", "base.0.w", "base.1.x", "base.1.y", "base.1.z", "base.1.w"}

// groupThreads is the workgroup size of every kernel that runs one thread per element.
const groupThreads = 64

// element is the unit in which a kernel moves data: a word, or four adjacent words.
type element struct {
	width   int      // 1 or 4
	replace []string // the placeholders for it, for Device.kernel
}

// elementOf returns elements of four words if all counts (sizes, strides, starts) are multiples of four.
func elementOf(counts ...int) element {
	for _, n := range counts {
		if n%4 != 0 {
			return element{1, []string{"{{ELEMENT}}", "f32", "{{WIDTH}}", "1", "{{NARROW}}", ".x", "{{ONES}}", "vec4<f32>(1.0, 0.0, 0.0, 0.0)"}}
		}
	}
	return element{4, []string{"{{ELEMENT}}", "vec4<f32>", "{{WIDTH}}", "4", "{{NARROW}}", "", "{{ONES}}", "vec4<f32>(1.0)"}}
}

// with returns the placeholders and more of them.
func (e element) with(more ...string) []string {
	return append(append([]string{}, e.replace...), more...)
}

// accessOf returns the placeholder {{ACCESS}}: the access of inputs that may be the output too.
func accessOf(inPlace bool) []string {
	if inPlace {
		return []string{"{{ACCESS}}", "read_write"}
	}
	return []string{"{{ACCESS}}", "read"}
}

// runs is chunks for kernels that do flop operations per item, and for each chunk read halo more items than they write.
func (d *Device) runs(items, words, halo int, flop float64) []chunk {
	size := items
	if items*words > d.bindingWords() {
		size = d.bindingWords()/words - halo
	}
	return split(items, max(min(size, int(d.limits.batchWork/3/flop)), 1))
}
