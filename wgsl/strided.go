package wgsl

import "github.com/seed-6f79f512/slmsam/nn/backend"

// axis is an axis of an iteration over two strided operands.
type axis struct {
	n      int
	stride [2]int
}

// block is an iteration over two strided operands, or a part of one.
type block struct {
	axes  []axis
	off   [2]int // where element 0 lies in each operand
	start int    // elements of the whole iteration that come before; valid only for parts made with cutOuter
}

// mergeAxes drops axes of size 1 and merges adjacent axes that both operands step through as if they were one.
func mergeAxes(dims, xs, ys []int) []axis {
	var out []axis
	for i, n := range dims {
		a := axis{n, [2]int{xs[i], ys[i]}}
		if n == 1 {
			continue
		}
		if last := len(out) - 1; last >= 0 && out[last].stride[0] == n*a.stride[0] && out[last].stride[1] == n*a.stride[1] {
			a.n *= out[last].n
			out[last] = a
			continue
		}
		out = append(out, a)
	}
	if len(out) == 0 {
		return []axis{{1, [2]int{1, 1}}}
	}
	return out
}

// size is the number of elements.
func (b block) size() int {
	n := 1
	for _, a := range b.axes {
		n *= a.n
	}
	return n
}

// extent returns the first and the last word of operand o that b touches.
func (b block) extent(o int) (lo, hi int) {
	lo, hi = b.off[o], b.off[o]
	for _, a := range b.axes {
		if s := (a.n - 1) * a.stride[o]; s < 0 {
			lo += s
		} else {
			hi += s
		}
	}
	return lo, hi
}

// span binds what b touches of operand o, and returns where element 0 lies in it.
func (b block) span(o int, buf backend.Buffer) (s span, first int) {
	lo, hi := b.extent(o)
	s = window(buf, lo, hi-lo+1)
	s.used = 1
	for _, a := range b.axes {
		if a.stride[o] != 0 {
			s.used *= a.n
		}
	}
	return s, b.off[o] - lo
}

// element returns the elements in which b can be moved, and its axes counted in these. outputs are further numbers that have to be
// multiples of four for elements of four words.
func (b block) element(outputs ...int) (element, []axis) {
	last := b.axes[len(b.axes)-1]
	counts := append(outputs, last.n)
	for o := range b.off {
		lo, _ := b.extent(o)
		counts = append(counts, lo, b.off[o]-lo)
		if last.stride[o] != 1 {
			return elementOf(1), b.axes // word by word
		}
	}
	for _, a := range b.axes[:len(b.axes)-1] {
		counts = append(counts, a.stride[0], a.stride[1])
	}
	e := elementOf(counts...)
	if e.width == 1 {
		return e, b.axes
	}
	axes := make([]axis, len(b.axes))
	for i, a := range b.axes {
		axes[i] = axis{a.n, [2]int{a.stride[0] / 4, a.stride[1] / 4}}
	}
	axes[len(axes)-1] = axis{last.n / 4, [2]int{1, 1}}
	return e, axes
}

// blocks calls visit for parts of b that fit the device. It halves b repeatedly, along the axis that next chooses.
func (d *Device) blocks(b block, next func(b block) int, visit func(block)) {
	fits := b.size() <= d.bindingWords()
	for o := range b.off {
		lo, hi := b.extent(o)
		fits = fits && hi-lo < d.bindingWords()
	}
	if fits {
		visit(b)
		return
	}
	i := next(b)
	half := (b.axes[i].n/2 + 3) &^ 3 // keeps groups of four whole
	if half >= b.axes[i].n {
		half = b.axes[i].n / 2
	}
	first, second := b, b
	first.axes = append([]axis{}, b.axes...)
	second.axes = append([]axis{}, b.axes...)
	first.axes[i].n, second.axes[i].n = half, b.axes[i].n-half
	for o := range b.off {
		second.off[o] += half * b.axes[i].stride[o]
	}
	second.start += first.size()
	d.blocks(first, next, visit)
	d.blocks(second, next, visit)
}

// cutOuter chooses the outermost axis, so that parts are contiguous runs of the iteration.
func cutOuter(b block) int {
	for i, a := range b.axes {
		if a.n > 1 {
			return i
		}
	}
	return 0
}

// cutLongest chooses the axis with the largest extent in the operand that needs the most words.
func cutLongest(b block) int {
	o := 0
	lo0, hi0 := b.extent(0)
	if lo1, hi1 := b.extent(1); hi1-lo1 > hi0-lo0 {
		o = 1
	}
	best, reach := 0, -1
	for i, a := range b.axes {
		if r := (a.n - 1) * max(a.stride[o], -a.stride[o]); r > reach {
			best, reach = i, r
		}
	}
	return best
}
