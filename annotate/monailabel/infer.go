package monailabel

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
)

// The models.
const (
	scribbleModel = "slmsam"
	clickModel    = "slmsam_click"
	guessModel    = "slmsam_guess"
	label         = "target" // the models' only label: the annotator names the segments
)

// inference is a request for a result.
type inference struct {
	model  string
	image  string // its ID in the datastore; empty if it comes from elsewhere
	params map[string]any
	form   *form
	output string
}

func (s *Server) infer(w http.ResponseWriter, r *http.Request) error {
	q := inference{model: r.PathValue("model"), output: r.URL.Query().Get("output")}
	if q.model != scribbleModel && q.model != clickModel && q.model != guessModel {
		return notFound(fmt.Sprintf("no such model: want %s, %s or %s", scribbleModel, clickModel, guessModel))
	}
	switch q.output {
	case "", "all", "image", "json", "dicom_seg":
	default:
		return annotate.Inputf("output=%.20q: want all, image, json or dicom_seg", q.output)
	}
	f, err := s.readForm(w, r, "label", "file")
	if err != nil {
		return err
	}
	defer f.close()
	q.form = f
	if q.params, err = f.params(); err != nil {
		return err
	}
	if r.URL.Query().Get("session_id") == "" && f.files["file"] == nil {
		q.image = r.URL.Query().Get("image")
	}
	answer := func(ctx context.Context, o *opened) error {
		started := time.Now()
		mask, err := s.segment(ctx, o, &q)
		if err != nil {
			return err
		}
		return s.reply(w, &q, o.grid, mask, time.Since(started))
	}
	return s.withImage(r, f, answer)
}

// withImage runs f with the image that a request names: that of a session, in the form, or in the datastore.
func (s *Server) withImage(r *http.Request, form *form, f func(context.Context, *opened) error) error {
	id, session := r.URL.Query().Get("image"), r.URL.Query().Get("session_id")
	switch {
	case session != "":
		return s.inSession(r.Context(), session, func(ctx context.Context, u *upload) error {
			return s.withOpen(ctx, u.key(), func() (*volume.Volume, error) { return folder.ReadVolume(u.path, s.backend.Limits().Voxels) }, f)
		})
	case form.files["file"] != nil:
		u := form.files["file"]
		defer s.volumes.forget(u.key())
		return s.withOpen(r.Context(), u.key(), func() (*volume.Volume, error) { return folder.ReadVolume(u.path, s.backend.Limits().Voxels) }, f)
	case id == "":
		return annotate.Inputf("no image, file or session was given")
	}
	v, err := s.find(id)
	if err != nil {
		return err
	}
	changed, err := s.folder.Changed(v)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("image %d %s", changed.UnixNano(), id)
	return s.withOpen(r.Context(), key, func() (*volume.Volume, error) { return s.folder.Read(v) }, f)
}

// withOpen runs f with an open volume, which read reads if it is not open yet.
func (s *Server) withOpen(ctx context.Context, key string, read func() (*volume.Volume, error), f func(context.Context, *opened) error) error {
	o, err := s.volumes.acquire(key, read)
	if err != nil {
		return err
	}
	defer s.volumes.release(o)
	return f(ctx, o)
}

// segment computes a result: the object's mask on the image's grid, 1 and 0.
func (s *Server) segment(ctx context.Context, o *opened, q *inference) ([]uint8, error) {
	object := o.object()
	defer func() { _ = o.session.Reset(object) }() // fails only if the volume has been closed, which frees everything
	var drawn *drawn
	var err error
	switch q.model {
	case clickModel:
		drawn, err = q.clicks(o)
	case guessModel:
		drawn = guess(o)
	default:
		drawn, err = s.scribbles(o, q)
	}
	if err != nil {
		return nil, err
	}
	if err := o.session.Apply(ctx, object, drawn.strokes...); err != nil {
		return nil, err
	}
	if _, err := o.session.Run(ctx, object, nil); err != nil {
		return nil, err
	}
	dim := o.session.Dim()
	mask := make([]uint8, dim[0]*dim[1]*dim[2])
	if err := o.session.Mask(object, mask); err != nil {
		return nil, err
	}
	s.noteDoubts(q.image, o.session.Doubts(object))
	if drawn.who != "" {
		on := make([]bool, len(mask))
		for i, x := range mask {
			on[i] = x != 0
		}
		_, hashes := planesOf(dim, o.home, on)
		o.remember(drawn.who, painted{drawn: drawn.slices, hashes: hashes})
	}
	return mask, nil
}

// drawn is what a request asks to be propagated through the volume.
type drawn struct {
	strokes []annotate.Stroke
	who     string       // the annotator and label, to remember the result by; empty: it is not remembered
	slices  map[int]bool // see painted.drawn
}

// scribbles reads the label map that Slicer's scribbles tool sends: all segments on the image's grid, and which of them is
// meant.
func (s *Server) scribbles(o *opened, q *inference) (*drawn, error) {
	u := q.form.files["label"]
	if u == nil {
		return nil, annotate.Inputf("the form has no file %q: paint the structure on a slice first", "label")
	}
	labels, err := s.readLabels(u, o.grid)
	if err != nil {
		return nil, err
	}
	selected, _ := q.params["selected_label_name"].(string)
	ids, err := q.labelIDs()
	if err != nil {
		return nil, err
	}
	segment, known := ids[selected]
	if !known && ids[foreground] == 0 {
		return nil, annotate.Inputf("label_info does not list the selected label %.80q", selected)
	}
	where := func(id int32) []bool {
		on := make([]bool, len(labels.Data))
		for i, l := range labels.Data {
			on[i] = id != 0 && l == id
		}
		return on
	}
	client, _ := q.params["client_id"].(string)
	d := &drawn{who: client + "\x00" + selected}
	planes, hashes := planesOf(o.grid.Dim, o.home, where(segment))
	d.slices = o.remembered(d.who).drawing(planes, hashes)
	d.strokes = strokes(o.grid.Dim, o.home, planes, d.slices)
	whole := annotate.Region{Hi: o.grid.Dim}
	d.strokes = append(d.strokes, annotate.StrokesOf(annotate.Scribble, false, whole, where(ids[foreground]), o.home)...)
	d.strokes = append(d.strokes, annotate.StrokesOf(annotate.Scribble, true, whole, where(ids[background]), o.home)...)
	if len(d.strokes) == 0 {
		return nil, annotate.Inputf("nothing is painted in %.80q: outline the structure on a slice first", selected)
	}
	return d, nil
}

// The names of the segments that the scribbles tool paints in.
const (
	foreground = "foreground_scribbles"
	background = "background_scribbles"
)

// labelIDs reads label_info: the value of each segment, by name.
func (q *inference) labelIDs() (map[string]int32, error) {
	ids := map[string]int32{}
	list, _ := q.params["label_info"].([]any)
	for _, entry := range list {
		info, _ := entry.(map[string]any)
		name, okName := info["name"].(string)
		id, okID := info["id"].(float64)
		if !okName || !okID || id != math.Trunc(id) || id < 1 || id > math.MaxInt32 {
			return nil, annotate.Inputf("label_info: want a list of names and ids from 1")
		}
		ids[name] = int32(id)
	}
	return ids, nil
}

// extension returns the file format in which a request wants the result.
func (q *inference) extension() string {
	want, _ := q.params["result_extension"].(string)
	if strings.HasPrefix(want, ".") && folder.Extension(want) == want {
		return want
	}
	return ".nrrd"
}

// seconds returns a time for the reply's params, rounded to milliseconds.
func seconds(d time.Duration) float64 {
	v, _ := strconv.ParseFloat(strconv.FormatFloat(d.Seconds(), 'f', 3, 64), 64)
	return v
}
