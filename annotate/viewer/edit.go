package viewer

import (
	"net/http"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// by holds the fields of every change.
type by struct {
	Author string `json:"author"`
	Base   int    `json:"base"`
}

// maxAuthor bounds an author's name, in bytes.
const maxAuthor = 60

// who returns the author of a change, or an InputError.
func (b by) who() (project.Author, error) {
	if b.Author == "" || len(b.Author) > maxAuthor {
		return project.Author{}, annotate.Inputf("author: want a name of 1 to %d bytes", maxAuthor)
	}
	return project.Author{Name: b.Author, Base: b.Base}, nil
}

// edit is a change to a document. op is
//
//	draw    plane is the new content of slice (project.EncodePlane); objects describes those that are new
//	absent  object is not on slices slice to end-1
//	forget  the annotator no longer says anything about object on slice
//	accept  what the model found of object on slice is right
//	object  sets the one object in objects
//	remove  removes object
type edit struct {
	by
	Op      string                 `json:"op"`
	Slice   int                    `json:"slice"`
	End     int                    `json:"end"`
	Object  int                    `json:"object"`
	Plane   string                 `json:"plane"`
	Objects map[int]project.Object `json:"objects"`
}

// edit makes a change to a document.
func (s *server) edit(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	var e edit
	if err := web.ReadJSONWith(w, r, d.MaxPlane(), &e); err != nil {
		return err
	}
	who, err := e.who()
	if err != nil {
		return err
	}
	revision, err := e.apply(d, who)
	if err != nil {
		return err
	}
	switch e.Op {
	case "draw", "absent", "forget", "remove":
		s.project.Changed(d)
	}
	web.JSON(w, http.StatusOK, map[string]int{"revision": revision})
	return nil
}

// apply makes the change and returns the document's revision.
func (e edit) apply(d *project.Document, who project.Author) (int, error) {
	switch e.Op {
	case "draw":
		return d.Draw(who, e.Slice, e.Plane, e.Objects)
	case "absent":
		return d.MarkAbsent(who, e.Object, e.Slice, e.End)
	case "forget":
		return d.Forget(who, e.Object, e.Slice)
	case "accept":
		return d.Accept(who, e.Object, e.Slice)
	case "remove":
		return d.Remove(who, e.Object)
	case "object":
		if len(e.Objects) != 1 {
			return 0, annotate.Inputf("op object sets one object at a time")
		}
		for label, o := range e.Objects {
			return d.SetObject(who, label, o)
		}
	}
	return 0, annotate.Inputf("op %.20q: want draw, absent, forget, accept, object or remove", e.Op)
}

func (s *server) undo(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	return s.history(w, r, d, d.Undo)
}

func (s *server) redo(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	return s.history(w, r, d, d.Redo)
}

// history undoes or redoes a step.
func (s *server) history(w http.ResponseWriter, r *http.Request, d *project.Document, do func(base int, author string) (bool, error)) error {
	var b by
	if err := web.ReadJSON(w, r, &b); err != nil {
		return err
	}
	who, err := b.who()
	if err != nil {
		return err
	}
	done, err := do(who.Base, who.Name)
	if err != nil {
		return err
	}
	if done {
		s.project.Changed(d)
	}
	web.JSON(w, http.StatusOK, map[string]bool{"done": done})
	return nil
}

// propagate queues a propagation.
func (s *server) propagate(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	var ask struct {
		by
		Direction string `json:"direction"` // both, forward, backward
		First     int    `json:"first"`
		End       int    `json:"end"`
	}
	if err := web.ReadJSON(w, r, &ask); err != nil {
		return err
	}
	who, err := ask.who()
	if err != nil {
		return err
	}
	direction, ok := map[string]slmsam.Direction{"": slmsam.Both, "both": slmsam.Both, "forward": slmsam.Forward, "backward": slmsam.Backward}[ask.Direction]
	if !ok {
		return annotate.Inputf("direction %.20q: want both, forward or backward", ask.Direction)
	}
	if err := s.project.Propagate(d, who.Name, project.Run{Direction: direction, First: ask.First, End: ask.End}); err != nil {
		return err
	}
	web.JSON(w, http.StatusAccepted, map[string]bool{"queued": true})
	return nil
}

// stop cancels a propagation.
func (s *server) stop(w http.ResponseWriter, _ *http.Request, d *project.Document) error {
	s.project.Stop(d)
	web.JSON(w, http.StatusOK, map[string]bool{"stopped": true})
	return nil
}

// review marks a volume as reviewed, or not.
func (s *server) review(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	var ask struct {
		by
		Reviewed bool `json:"reviewed"`
	}
	if err := web.ReadJSON(w, r, &ask); err != nil {
		return err
	}
	who, err := ask.who()
	if err != nil {
		return err
	}
	revision, err := s.project.Review(d, who, ask.Reviewed)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, map[string]int{"revision": revision})
	return nil
}
