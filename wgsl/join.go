package wgsl

import (
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// joined is the number of matrices that a launch can join: one binding is needed for the result.
const joined = maxSpans - 1

// Join implements backend.Kernels. A launch joins adjacent matrices if all of them, or none, are stored as float16. If the result
// does not fit a binding, each matrix is copied separately.
func (d *Device) Join(a backend.Join) {
	a.Check()
	copies := a.Copies()
	var run []int // the matrices of the next launch
	flush := func() {
		switch {
		case len(run) == 1:
			d.Copy(copies[run[0]])
		case len(run) > 1:
			d.join(a, copies, run)
		}
		run = nil
	}
	large := a.Outer*a.Width() > d.bindingWords()
	for i, x := range a.X {
		if len(run) == joined || large || len(run) > 0 && x.(*buffer).half != a.X[i-1].(*buffer).half {
			flush()
		}
		run = append(run, i)
	}
	flush()
}

// join launches the kernel for the matrices run of a, which are adjacent.
func (d *Device) join(a backend.Join, copies []backend.Copy, run []int) {
	width, at, group := a.Width(), copies[run[0]].YOff, 0
	counts := []int{width, at}
	for _, i := range run {
		counts = append(counts, a.Widths[i])
	}
	e := elementOf(counts...)
	var spans []span
	var starts, sizes params
	for slot := range joined {
		s, size := window(a.X[run[0]], 0, 1), 0
		if slot < len(run) {
			i := run[slot]
			s, size = window(a.X[i], 0, a.Outer*a.Widths[i]), a.Widths[i]
		}
		starts = append(starts, param{"start" + strconv.Itoa(slot), group / e.width})
		sizes = append(sizes, param{"size" + strconv.Itoa(slot), size / e.width})
		spans = append(spans, s)
		group += size
	}
	count := a.Outer * group / e.width
	spans = append(spans, window(a.Y, at, (a.Outer-1)*width+group))
	spans[joined].used = a.Outer * group
	load := elementLoad(a.X[run[0]].(*buffer), e.width)
	load[3] = strings.ReplaceAll(load[3], "x[", "x$I[")
	d.run(d.kernel("halves.wgsl+join.wgsl", e.with(load...)...), count, float64(2*a.Outer*group), spans,
		params{{"count", count}, {"group", group / e.width}, {"width", width / e.width}}.and(starts...).and(sizes...))
}
