package session

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/drawing"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/volume"
)

// object is one object of a session. Outlines on slices across one axis are a document; what the object is, is all that
// its documents hold.
type object struct {
	session   *session
	documents [3]*project.Document // by axis; nil: nothing was drawn across it
	shown     [3]*project.Shot     // of the documents: what the client is told
	past      []step               // oldest first
	stale     bool                 // something was drawn since the last run
	version   int                  // grows with every change
}

// step is what undo goes back to.
type step struct {
	depth [3]int // of the documents
	shown [3]*project.Shot
	stale bool
}

// history is how many steps can be taken back.
const history = 32

// label is the object's number in its documents.
const label = 1

// author is who changes documents that nobody else sees.
var author = project.Author{Name: "client"}

// step makes a change that undo takes back.
func (o *object) step(change func() error) error {
	before := step{depth: o.depth(), shown: o.shown, stale: o.stale}
	if err := change(); err != nil {
		return err
	}
	if len(o.past) == history {
		o.past = slices.Delete(o.past, 0, 1)
	}
	o.past = append(o.past, before)
	o.stale = true
	o.version++
	return nil
}

// undo takes the last step back, with what was run since; false: there is none.
func (o *object) undo() (bool, error) {
	if len(o.past) == 0 {
		return false, nil
	}
	last := o.past[len(o.past)-1]
	for axis, d := range o.documents {
		if d == nil || d.Depth() <= last.depth[axis] {
			continue
		}
		for d.Depth() > last.depth[axis] {
			if _, err := d.Undo(0, author.Name); err != nil {
				return false, err
			}
		}
		o.session.backend.project.Changed(d)
	}
	o.version++
	o.past = o.past[:len(o.past)-1]
	o.shown, o.stale = last.shown, last.stale
	return true, nil
}

// depth is that of the documents.
func (o *object) depth() (out [3]int) {
	for axis, d := range o.documents {
		if d != nil {
			out[axis] = d.Depth()
		}
	}
	return out
}

// present lists the documents.
func (o *object) present() (out []*project.Document) {
	for _, d := range o.documents {
		if d != nil {
			out = append(out, d)
		}
	}
	return out
}

// stop ends the jobs on the documents.
func (o *object) stop() {
	for _, d := range o.present() {
		o.session.backend.project.Stop(d)
	}
}

// document returns that of an axis, made if need be.
func (o *object) document(axis int) *project.Document {
	if o.documents[axis] == nil {
		o.documents[axis] = o.session.held.Document(axis)
	}
	return o.documents[axis]
}

// show tells the client what is known now.
func (o *object) show() { o.shown = o.shots() }

// shots are the documents as they are now.
func (o *object) shots() (out [3]*project.Shot) {
	for axis, d := range o.documents {
		if d != nil {
			out[axis] = d.Shot()
		}
	}
	return out
}

// viewsOf is what shots show of the object, by axis.
func viewsOf(shots [3]*project.Shot) (out [3]project.View, err error) {
	for axis, shot := range shots {
		if shot == nil {
			continue
		}
		if out[axis], err = shot.View(label); err != nil {
			return out, err
		}
	}
	return out, nil
}

// replace makes a mask the object.
func (o *object) replace(mask []uint8) error {
	s := o.session
	for axis, d := range o.documents {
		if d == nil || axis == s.home {
			continue
		}
		if err := d.Replace(author, "a given mask", label, nil); err != nil {
			return err
		}
		s.backend.project.Changed(d)
	}
	planes := map[int][]bool{}
	for slice := range s.volume.Dim[s.home] {
		plane := volume.TakeSlice(mask, s.volume.Dim, s.home, slice)
		on := make([]bool, len(plane))
		for i, x := range plane {
			on[i] = x != 0
		}
		planes[slice] = on
	}
	home := o.document(s.home)
	if err := home.Replace(author, "a given mask", label, planes); err != nil {
		return err
	}
	s.backend.project.Changed(home)
	return nil
}

// draw turns strokes into outlines.
func (o *object) draw(strokes []annotate.Stroke) error {
	views, err := viewsOf(o.shots())
	if err != nil {
		return err
	}
	c := &canvas{volume: o.session.volume, views: views}
	for _, stroke := range strokes {
		c.draw(c.axisOf(stroke, o.session.home), stroke)
	}
	for axis, masks := range c.drawn {
		if len(masks) == 0 {
			continue
		}
		d := o.document(axis)
		if err := d.SetMasks(author, "strokes", label, masks); err != nil {
			return err
		}
		o.session.backend.project.Changed(d)
	}
	return nil
}

// canvas is an object's slices while strokes are drawn on them.
type canvas struct {
	volume *volume.Volume
	views  [3]project.View
	drawn  [3]map[int][]bool // by axis and slice; empty: the object is not there
}

// axisOf is the axis across which a stroke counts: a click lies on a slice of every axis, and takes the one that
// has outlines.
func (c *canvas) axisOf(stroke annotate.Stroke, home int) int {
	if stroke.Kind != annotate.Click {
		return stroke.Axis
	}
	for _, axis := range []int{home, 2, 1, 0} {
		if len(c.views[axis].Marks)+len(c.drawn[axis]) > 0 {
			return axis
		}
	}
	return home
}

// draw draws a stroke on its slice. What it erases goes from the slices across other axes, too.
func (c *canvas) draw(axis int, stroke annotate.Stroke) {
	slice := stroke.Region.Lo[axis]
	content := c.content(axis, slice)
	drawn := drawing.Draw(c.volume, axis, stroke, content)
	if drawn == nil {
		return
	}
	erases := stroke.Erase || stroke.Kind == annotate.Absent
	if !erases || c.holds(axis) || c.sole(axis) {
		c.put(axis, slice, drawn)
	}
	for other := range c.views {
		if erases && other != axis && c.holds(other) {
			c.erase(other, axis, slice, content, drawn)
		}
	}
}

// erase takes what a slice lost off the slices across another axis.
func (c *canvas) erase(other, axis, slice int, before, after []bool) {
	dim := c.volume.Dim
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

func (c *canvas) put(axis, slice int, plane []bool) {
	if c.drawn[axis] == nil {
		c.drawn[axis] = map[int][]bool{}
	}
	c.drawn[axis][slice] = plane
}

// own is what the slices across an axis hold themselves; nil: nothing.
func (c *canvas) own(axis, slice int) []bool {
	if plane, ok := c.drawn[axis][slice]; ok {
		return plane
	}
	return c.views[axis].Masks[slice]
}

// holds says whether slices across an axis hold something.
func (c *canvas) holds(axis int) bool { return len(c.views[axis].Masks)+len(c.drawn[axis]) > 0 }

// sole says whether nothing is known but of slices across one axis.
func (c *canvas) sole(axis int) bool {
	for other := range c.views {
		if other != axis && len(c.views[other].Marks)+len(c.drawn[other]) > 0 {
			return false
		}
	}
	return true
}

// content is what the object is on a slice so far, [h,w]. Outlines are what was drawn; elsewhere all axes add to it.
func (c *canvas) content(axis, slice int) []bool {
	dim := c.volume.Dim
	h, w := volume.SliceSize(dim, axis)
	out := make([]bool, h*w)
	copy(out, c.own(axis, slice))
	if _, drawn := c.drawn[axis][slice]; drawn || c.views[axis].Outlined(slice) || c.sole(axis) {
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

// paint adds a plane, row-major [h,w], to a slice of a mask.
func paint(mask []uint8, dim [3]int, axis, slice int, plane []bool) {
	pix := volume.TakeSlice(mask, dim, axis, slice)
	for i, on := range plane {
		if on {
			pix[i] = 1
		}
	}
	volume.PutSlice(mask, dim, axis, slice, pix)
}
