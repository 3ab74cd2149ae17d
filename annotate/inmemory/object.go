package inmemory

import (
	"maps"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// history is how many steps can be taken back.
const history = 32

// object is one object of a session: what it is, and what it was.
type object struct {
	now     state
	past    []state // oldest first
	version int     // grows with every change
}

// step makes next the present, and the present the last step of the past.
func (o *object) step(next state) {
	if len(o.past) == history {
		o.past = slices.Delete(o.past, 0, 1)
	}
	o.past = append(o.past, o.now)
	o.now = next
	o.version++
}

func (o *object) undo() bool {
	if len(o.past) == 0 {
		return false
	}
	last := len(o.past) - 1
	o.now, o.past = o.past[last], o.past[:last]
	o.version++
	return true
}

// state is an object at one time. Planes and masks are never changed once they are in a state, so states share
// them.
type state struct {
	outlines [3]map[int][]bool // by axis and slice, row-major [h,w]; empty: the object is not there
	tracked  [3]map[int][]bool // the outlines that the mask was tracked from
	removed  []annotate.Stroke // erased on planes across an axis that has no outlines of its own
	mask     bitmap            // the last run's, or the one that was given
	doubts   []annotate.Doubt
	stale    bool // the outlines are newer than the mask
}

func (s state) clone() state {
	for axis := range s.outlines {
		s.outlines[axis] = maps.Clone(s.outlines[axis]) // tracked is only ever replaced
	}
	s.removed = slices.Clip(s.removed)
	return s
}

// anyDrawn says whether an outline shows something.
func anyDrawn(outlines map[int][]bool) bool {
	for _, plane := range outlines {
		if slices.Contains(plane, true) {
			return true
		}
	}
	return false
}

// axisOf is the axis across which a stroke counts: a click lies on a slice of every axis, and takes the one that
// has outlines.
func (s *state) axisOf(stroke annotate.Stroke, home int) int {
	if stroke.Kind != annotate.Click {
		return stroke.Axis
	}
	for _, axis := range []int{home, 2, 1, 0} {
		if len(s.outlines[axis]) > 0 {
			return axis
		}
	}
	return home
}

// draw turns a stroke into an outline of its slice.
func (s *state) draw(v *volume.Volume, home int, stroke annotate.Stroke) {
	axis := s.axisOf(stroke, home)
	slice := stroke.Region.Lo[axis]
	if stroke.Erase && len(s.outlines[axis]) == 0 && s.mask != nil {
		s.removed = append(s.removed, stroke)
		return
	}
	p := pad{values: v.Slice(axis, slice), content: s.outlines[axis][slice], rect: planeRect(stroke.Region, axis)}
	p.h, p.w = volume.SliceSize(v.Dim, axis)
	if p.content == nil {
		p.content = s.mask.plane(v.Dim, axis, slice)
	}
	drawn := p.draw(stroke)
	if drawn == nil {
		return
	}
	if s.outlines[axis] == nil {
		s.outlines[axis] = map[int][]bool{}
	}
	s.outlines[axis][slice] = drawn
}

// compose makes the mask: what it holds already, what was found along each axis, the outlines as they were drawn,
// without what was erased on planes of another axis.
func (s *state) compose(dim [3]int, found [3]map[int][]bool) {
	mask := make([]uint8, dim[0]*dim[1]*dim[2])
	s.mask.unpack(mask)
	for axis := range found {
		for slice, plane := range found[axis] {
			if s.outlines[axis][slice] == nil {
				paint(mask, dim, axis, slice, plane, false)
			}
		}
	}
	for axis := range s.outlines {
		for slice, plane := range s.outlines[axis] {
			paint(mask, dim, axis, slice, plane, soleAxis(s.outlines, axis))
		}
	}
	for _, stroke := range s.removed {
		erase(mask, dim, stroke)
	}
	s.mask = pack(mask)
}

// soleAxis says whether no other axis has outlines: then an outline is all that is on its slice.
func soleAxis(outlines [3]map[int][]bool, axis int) bool {
	for other := range outlines {
		if other != axis && len(outlines[other]) > 0 {
			return false
		}
	}
	return true
}
