package viewer

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
)

// info describes a volume.
func (s *server) info(w http.ResponseWriter, _ *http.Request, d *project.Document) error {
	image, release, err := s.project.Image(d)
	if err != nil {
		return err
	}
	defer release()
	v := image.Volume
	window, err := s.project.Window(image)
	if err != nil {
		return err
	}
	axis := v.AcquisitionAxis()
	height, width := volume.SliceSize(v.Dim, axis)
	formats := project.Formats
	if volume.CheckFormat("labels.dcm", v.Geom) != nil {
		formats = formats[:len(formats)-1]
	}
	web.JSON(w, http.StatusOK, map[string]any{
		"id": d.ID, "dim": v.Dim, "axis": axis, "slices": v.Dim[axis], "height": height, "width": width, "spacing": v.Grid().Spacing,
		"window": [2]float64{window.Lo, window.Hi}, "ct": v.LooksLikeCT(), "formats": formats, "notes": v.Notes,
		"refused": s.project.Refusals(),
	})
	return nil
}

// image answers with the voxels.
func (s *server) image(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	image, release, err := s.project.Image(d)
	if err != nil {
		return err
	}
	defer release()
	file, err := os.Open(image.NIfTI)
	if err != nil {
		return fmt.Errorf("send the image: %w", err)
	}
	defer file.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store") // patients' data stays out of the browser's cache
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}

// labels answers with the label map.
func (s *server) labels(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	format := r.URL.Query().Get("format")
	if format == "" {
		format = project.Formats[0]
	}
	path, remove, err := s.project.Labels(d, format)
	if err != nil {
		return err
	}
	defer remove()
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("send the label map: %w", err)
	}
	defer file.Close()
	attach(w, d.ID+"_labels"+format)
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = io.Copy(w, file) // a client that went away gets no answer
	return nil
}

// report answers with the montage.
func (s *server) report(w http.ResponseWriter, _ *http.Request, d *project.Document) error {
	w.Header().Set("Content-Type", "image/png")
	return s.project.Report(d, w)
}

// attach makes a reply a file.
func attach(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	w.Header().Set("Cache-Control", "no-store")
}

// pulse is how often a stream without news shows that it is alive.
const pulse = 15 * time.Second

// events follows a document.
func (s *server) events(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	watch := d.Watch()
	defer watch.Stop()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // a proxy passes lines on as they come
	alive := time.NewTicker(pulse)
	defer alive.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-s.options.Done:
			return nil
		case <-alive.C:
			if line(w, project.Event{Type: "alive"}) != nil {
				return nil
			}
		case e, open := <-watch.Events:
			if !open || line(w, e) != nil {
				return nil
			}
		}
	}
}
