package wgsl

import "fmt"

// run launches one thread per element, in workgroups of groupThreads. The shader's Params begin with
//
//	base: array<vec4<u32>, 2>,
//
// the word at which each span's window begins: base[0].x for the first, ... base[1].w for the eighth.
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

// maxSpans is the number of storage bindings that every device offers.
const maxSpans = 8

// baseNames are the words of base.
var baseNames = [maxSpans]string{"base.0.x", "base.0.y", "base.0.z", "base.0.w", "base.1.x", "base.1.y", "base.1.z", "base.1.w"}

// groupThreads is the workgroup size of every kernel that runs one thread per element.
const groupThreads = 64

// element is how a kernel that runs element by element moves its data: word by word or in groups of four.
type element struct {
	width   int
	replace []string // for Device.kernel
}

// elementOf returns groups of four if all counts (sizes, strides, starts) allow it.
func elementOf(counts ...int) element {
	for _, n := range counts {
		if n%4 != 0 {
			return element{1, []string{"{{ELEMENT}}", "f32", "{{WIDTH}}", "1", "{{NARROW}}", ".x", "{{ONES}}", "vec4<f32>(1.0, 0.0, 0.0, 0.0)"}}
		}
	}
	return element{4, []string{"{{ELEMENT}}", "vec4<f32>", "{{WIDTH}}", "4", "{{NARROW}}", "", "{{ONES}}", "vec4<f32>(1.0)"}}
}

// with returns the replacements and more of them.
func (e element) with(more ...string) []string {
	return append(append([]string{}, e.replace...), more...)
}

// accessOf replaces {{ACCESS}}, the access of the inputs of a kernel that may run in place.
func accessOf(inPlace bool) []string {
	if inPlace {
		return []string{"{{ACCESS}}", "read_write"}
	}
	return []string{"{{ACCESS}}", "read"}
}

// runs is chunks for kernels that do flop operations per item and whose input reaches halo items beyond the output.
func (d *Device) runs(items, words, halo int, flop float64) []chunk {
	size := items
	if items*words > d.bindingWords() {
		size = d.bindingWords()/words - halo
	}
	return split(items, max(min(size, int(d.limits.batchWork/3/flop)), 1))
}
