package session

import (
	"context"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/volume"
)

// object is an object of a session. It has one document per axis, for the slices across that axis. Its mask is the union of
// what its documents hold.
type object struct {
	session   *session
	documents [3]*project.Document // by axis; nil: nothing has been drawn on slices across it
	shown     [3]*project.Shot     // the state of the documents that the client sees
	past      []step               // what undo can go back to, oldest first
	stale     bool                 // something was drawn since the last run
	version   int                  // grows with every change
}

// step is a state that undo goes back to.
type step struct {
	depth [3]int // of the documents
	shown [3]*project.Shot
	stale bool
}

// history is the number of steps that can be undone.
const history = 32

// label is the object's label in its documents.
const label = 1

// author is the author of all changes: nobody else sees the documents.
var author = project.Author{Name: "client"}

// step makes a change as one step for undo.
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

// undo undoes the last step and runs since then; false if there is none.
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

// depth returns the depth of each document.
func (o *object) depth() (out [3]int) {
	for axis, d := range o.documents {
		if d != nil {
			out[axis] = d.Depth()
		}
	}
	return out
}

// present lists the existing documents.
func (o *object) present() (out []*project.Document) {
	for _, d := range o.documents {
		if d != nil {
			out = append(out, d)
		}
	}
	return out
}

// stop stops the documents' jobs.
func (o *object) stop() {
	for _, d := range o.present() {
		o.session.backend.project.Stop(d)
	}
}

// document returns the document of an axis, and makes it if necessary.
func (o *object) document(axis int) *project.Document {
	if o.documents[axis] == nil {
		o.documents[axis] = o.session.held.Document(axis)
	}
	return o.documents[axis]
}

// show makes the present state the one that the client sees.
func (o *object) show() { o.shown = o.shots() }

// shots returns the present state of the documents.
func (o *object) shots() (out [3]*project.Shot) {
	for axis, d := range o.documents {
		if d != nil {
			out[axis] = d.Shot()
		}
	}
	return out
}

// viewsOf returns what shots hold of the object, by axis.
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

// replace replaces the object's mask.
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

// draw turns strokes into outlines, and adds these to the documents.
func (o *object) draw(ctx context.Context, strokes []annotate.Stroke) error {
	views, err := viewsOf(o.shots())
	if err != nil {
		return err
	}
	s := o.session
	c := &canvas{dim: s.volume.Dim, home: s.home, views: views, suggest: func(axis int, hint project.Hint) ([]bool, error) {
		return s.backend.project.Suggest(ctx, o.document(axis), hint)
	}}
	if err := c.drawAll(strokes); err != nil {
		return err
	}
	for axis, masks := range c.drawn {
		if len(masks) == 0 {
			continue
		}
		d := o.document(axis)
		if err := d.SetMasks(author, "strokes", label, masks); err != nil {
			return err
		}
		s.backend.project.Changed(d)
	}
	return nil
}
