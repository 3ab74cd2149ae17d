package session

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/drawing"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/volume"
)

// canvas holds an object's slices while strokes are drawn on them. An object has slices across up to three axes, and what it
// is, is the union of all of them.
type canvas struct {
	dim     [3]int
	home    int               // the acquisition axis
	views   [3]project.View   // by axis: what is known before the strokes
	drawn   [3]map[int][]bool // by axis and slice: the new outlines; an empty one says that the object is absent
	suggest func(axis int, hint project.Hint) ([]bool, error)
}

// drawAll draws strokes in turn, except that all clicks of a row of them that are on the same slice are drawn together.
func (c *canvas) drawAll(strokes []annotate.Stroke) error {
	for len(strokes) > 0 {
		axis := c.axisOf(strokes[0])
		now, later := together(strokes, axis)
		if err := c.draw(axis, now); err != nil {
			return err
		}
		strokes = later
	}
	return nil
}

// together splits off the first stroke or, if that is a click, all clicks on its slice up to the next stroke of another kind.
func together(strokes []annotate.Stroke, axis int) (now, later []annotate.Stroke) {
	first := strokes[0]
	for i, s := range strokes {
		clicks := first.Kind == annotate.Click && s.Kind == annotate.Click
		switch {
		case i == 0 || clicks && s.Region.Lo[axis] == first.Region.Lo[axis]:
			now = append(now, s)
		case clicks:
			later = append(later, s)
		default:
			return now, append(later, strokes[i:]...)
		}
	}
	return now, later
}

// axisOf returns the axis that a stroke's slice is across. A click is on a slice across every axis; the first axis that has
// outlines counts.
func (c *canvas) axisOf(stroke annotate.Stroke) int {
	if stroke.Kind != annotate.Click {
		return stroke.Axis
	}
	for _, axis := range []int{c.home, 2, 1, 0} {
		if len(c.views[axis].Marks)+len(c.drawn[axis]) > 0 {
			return axis
		}
	}
	return c.home
}

// draw draws a stroke, or several clicks, on their slice. What they erase also disappears from slices across other axes.
func (c *canvas) draw(axis int, strokes []annotate.Stroke) error {
	slice := strokes[0].Region.Lo[axis]
	d := drawing.Canvas{Axis: axis, Content: c.content(axis, slice), Find: func(h project.Hint) ([]bool, error) {
		h.Slice = slice
		return c.suggest(axis, h)
	}}
	d.H, d.W = volume.SliceSize(c.dim, axis)
	drawn, err := d.Draw(strokes)
	if err != nil || drawn == nil {
		return err
	}
	erases := func(s annotate.Stroke) bool { return s.Erase || s.Kind == annotate.Absent }
	adds := slices.ContainsFunc(strokes, func(s annotate.Stroke) bool { return !erases(s) })
	if adds || c.has(axis) || c.only(axis) {
		c.put(axis, slice, drawn)
	}
	for other := range c.views {
		if slices.ContainsFunc(strokes, erases) && other != axis && c.has(other) {
			c.erase(other, axis, slice, d.Content, drawn)
		}
	}
	return nil
}

// erase removes the pixels that a slice has lost from the slices across another axis.
func (c *canvas) erase(other, axis, slice int, before, after []bool) {
	dim := c.dim
	lost := make([]uint8, dim[0]*dim[1]*dim[2])
	gone := make([]bool, len(before))
	for i := range before {
		gone[i] = before[i] && !after[i]
	}
	paint(lost, dim, axis, slice, gone)
	for k := range dim[other] {
		plane := slices.Clone(c.own(other, k))
		changed := false
		for i, x := range volume.TakeSlice(lost, dim, other, k) {
			if x != 0 && plane != nil && plane[i] {
				plane[i], changed = false, true
			}
		}
		if changed {
			c.put(other, k, plane)
		}
	}
}

// put sets a slice's new outline.
func (c *canvas) put(axis, slice int, plane []bool) {
	if c.drawn[axis] == nil {
		c.drawn[axis] = map[int][]bool{}
	}
	c.drawn[axis][slice] = plane
}

// own returns a slice's own mask, without what slices across other axes add; nil if it has none.
func (c *canvas) own(axis, slice int) []bool {
	if plane, ok := c.drawn[axis][slice]; ok {
		return plane
	}
	return c.views[axis].Masks[slice]
}

// has reports whether any slice across an axis has a mask.
func (c *canvas) has(axis int) bool { return len(c.views[axis].Masks)+len(c.drawn[axis]) > 0 }

// only reports whether nothing is known about slices across the other axes.
func (c *canvas) only(axis int) bool {
	for other := range c.views {
		if other != axis && len(c.views[other].Marks)+len(c.drawn[other]) > 0 {
			return false
		}
	}
	return true
}

// content returns the object's present mask on a slice, [h,w]. On an outlined slice, it is the outline; elsewhere, slices
// across all axes contribute.
func (c *canvas) content(axis, slice int) []bool {
	dim := c.dim
	h, w := volume.SliceSize(dim, axis)
	out := make([]bool, h*w)
	copy(out, c.own(axis, slice))
	if _, drawn := c.drawn[axis][slice]; drawn || c.views[axis].Outlined(slice) || c.only(axis) {
		return out
	}
	all := make([]uint8, dim[0]*dim[1]*dim[2])
	for other := range c.views {
		for k := range dim[other] {
			if plane := c.own(other, k); plane != nil && other != axis {
				paint(all, dim, other, k, plane)
			}
		}
	}
	for i, x := range volume.TakeSlice(all, dim, axis, slice) {
		out[i] = out[i] || x != 0
	}
	return out
}

// paint adds a plane, row-major [h,w], to a slice of a volume's mask.
func paint(mask []uint8, dim [3]int, axis, slice int, plane []bool) {
	pix := volume.TakeSlice(mask, dim, axis, slice)
	for i, on := range plane {
		if on {
			pix[i] = 1
		}
	}
	volume.PutSlice(mask, dim, axis, slice, pix)
}
