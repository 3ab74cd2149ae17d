package viewer

import (
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
)

// info replies with a description of a volume.
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
	})
	return nil
}

// image replies with a volume's voxels.
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
	w.Header().Set("Cache-Control", "no-store") // keep patients' data out of the browser's cache
	http.ServeContent(w, r, "", time.Time{}, file)
	return nil
}

// labels replies with the label map as a file.
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
	return web.File(w, file, d.ID+"_labels"+format)
}

// report replies with the montage.
func (s *server) report(w http.ResponseWriter, _ *http.Request, d *project.Document) error {
	w.Header().Set("Content-Type", "image/png")
	return s.project.Report(d, w)
}

// pulse is how often a stream without events shows that it is alive.
const pulse = 15 * time.Second

// events sends everything that happens to a document, until the client goes away.
func (s *server) events(w http.ResponseWriter, r *http.Request, d *project.Document) error {
	watch := d.Watch()
	defer watch.Stop()
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // tells proxies to pass lines on at once
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
