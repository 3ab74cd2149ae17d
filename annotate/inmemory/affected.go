package inmemory

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// affected lists the slices that the changes since the mask was tracked can reach: those between each changed
// outline and its neighbors among the others. nil: all, because nothing was tracked yet or slices of several axes
// are joined.
func (s *state) affected(dim [3]int) (only []Span, axis int) {
	axis = -1
	for a := range s.outlines {
		if len(s.outlines[a]) == 0 && len(s.tracked[a]) == 0 {
			continue
		}
		if axis >= 0 {
			return nil, 0
		}
		axis = a
	}
	if axis < 0 || len(s.removed) > 0 || !anyDrawn(s.tracked[axis]) || !anyDrawn(s.outlines[axis]) {
		return nil, 0
	}
	now, before := s.outlines[axis], s.tracked[axis]
	only = []Span{}
	for i := range dim[axis] {
		a, is := now[i]
		b, was := before[i]
		if is == was && slices.Equal(a, b) {
			continue
		}
		span := Span{0, dim[axis]}
		for other := range now {
			if other < i {
				span.First = max(span.First, other+1)
			}
			if other > i {
				span.End = min(span.End, other)
			}
		}
		only = append(only, span)
	}
	return only, axis
}

// clear empties slices of the mask, and forgets what was doubtful on them.
func (s *state) clear(dim [3]int, axis int, spans []Span) {
	mask := make([]uint8, dim[0]*dim[1]*dim[2])
	s.mask.unpack(mask)
	empty := bitmap(nil).plane(dim, axis, 0)
	inside := func(i int) bool {
		return slices.ContainsFunc(spans, func(p Span) bool { return p.First <= i && i < p.End })
	}
	for i := range dim[axis] {
		if inside(i) {
			paint(mask, dim, axis, i, empty, true)
		}
	}
	s.mask = pack(mask)
	s.doubts = slices.DeleteFunc(slices.Clone(s.doubts), func(d annotate.Doubt) bool { return d.Axis == axis && inside(d.Slice) })
}

// planes are the slices of a mask that hold something.
func (b bitmap) planes(dim [3]int, axis int) map[int][]bool {
	out := map[int][]bool{}
	for i := range dim[axis] {
		if plane := b.plane(dim, axis, i); slices.Contains(plane, true) {
			out[i] = plane
		}
	}
	return out
}
