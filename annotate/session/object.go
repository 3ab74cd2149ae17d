package session

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
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
