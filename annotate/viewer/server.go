package viewer

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// Options are the settings of a server.
type Options struct {
	UploadBytes int64           // maximum size of an upload
	Notice      string          // shown to people, such as where their work is kept
	Learner     *learn.Learner  // trains on the reviewed volumes; nil: training is not offered
	Done        <-chan struct{} // closed when the server shuts down, which ends event streams; may be nil
	Log         *slog.Logger
}

// server handles the page's requests.
type server struct {
	project *project.Project
	options Options
}

// New returns a handler for the page and its interface.
func New(p *project.Project, o Options) http.Handler {
	s := &server{project: p, options: o}
	mux := http.NewServeMux()
	for path, h := range pages() {
		mux.HandleFunc("GET "+path, h)
	}
	handle := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			if err := h(w, r); err != nil {
				s.fail(w, r, err)
			}
		})
	}
	handle("GET /api/project", s.list)
	handle("POST /api/volumes", s.upload)
	handle("POST /api/series", s.uploadSeries)
	handle("GET /api/dataset", s.dataset)
	if o.Learner != nil {
		handle("GET /api/training", s.training)
		handle("POST /api/training", s.train)
		handle("DELETE /api/training", s.stopTraining)
		handle("POST /api/weights", s.serve)
	}
	handle("GET /api/volumes/{id}", s.with(s.info))
	handle("GET /api/volumes/{id}/image", s.with(s.image))
	handle("GET /api/volumes/{id}/events", s.with(s.events))
	handle("POST /api/volumes/{id}/edits", s.with(s.edit))
	handle("POST /api/volumes/{id}/undo", s.with(s.undo))
	handle("POST /api/volumes/{id}/redo", s.with(s.redo))
	handle("POST /api/volumes/{id}/suggestion", s.with(s.suggest))
	handle("POST /api/volumes/{id}/propagation", s.with(s.propagate))
	handle("DELETE /api/volumes/{id}/propagation", s.with(s.stop))
	handle("POST /api/volumes/{id}/review", s.with(s.review))
	handle("GET /api/volumes/{id}/labels", s.with(s.labels))
	handle("GET /api/volumes/{id}/report", s.with(s.report))
	mux.HandleFunc("GET /metrics", s.metrics)
	mux.HandleFunc("GET /healthz", web.Healthy)
	return mux
}

// with passes h the document that the request's path names.
func (s *server) with(h func(http.ResponseWriter, *http.Request, *project.Document) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		d, err := s.project.Document(r.PathValue("id"))
		if err != nil {
			return err
		}
		return h(w, r, d)
	}
}

// fail replies with an error, and logs it if it is not the client's fault.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var conflict *project.ConflictError
	switch {
	case errors.Is(err, folder.ErrUnknown):
		web.Detail(w, http.StatusNotFound, "there is no volume with that name in the folder")
	case errors.Is(err, annotate.ErrTraining):
		web.Detail(w, http.StatusConflict, err.Error())
	case errors.As(err, &conflict):
		web.JSON(w, http.StatusConflict, struct {
			Detail string `json:"detail"`
			*project.ConflictError
		}{conflict.Error(), conflict})
	case errors.Is(err, project.ErrInUse):
		s.options.Log.Error("in use", "error", err)
		web.Detail(w, http.StatusConflict, project.ErrInUse.Error())
	case errors.Is(err, project.ErrNotSaved):
		s.options.Log.Error("not saved", "error", err)
		web.Detail(w, http.StatusInsufficientStorage, "the change could not be saved (is the disk full?); nothing was changed, and the server's log says more")
	default:
		web.Fail(w, r, s.options.Log, err)
	}
}

// list replies with the volumes.
func (s *server) list(w http.ResponseWriter, _ *http.Request) error {
	volumes, err := s.project.Volumes()
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		Volumes []project.Entry `json:"volumes"`
		Notice  string          `json:"notice,omitempty"`
	}{volumes, s.options.Notice})
	return nil
}

// metrics replies with numbers for Prometheus.
func (s *server) metrics(w http.ResponseWriter, _ *http.Request) {
	c := s.project.Counts()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	for _, m := range []struct {
		name, kind, help string
		value            int
	}{
		{"slmsam_documents", "gauge", "Volumes whose annotations are open.", c.Documents},
		{"slmsam_images", "gauge", "Volumes in memory.", c.Images},
		{"slmsam_image_voxels", "gauge", "Voxels in memory.", c.Voxels},
		{"slmsam_image_voxels_max", "gauge", "Maximum number of voxels in memory.", c.MaxTotalVoxels},
		{"slmsam_volume_voxels_max", "gauge", "Maximum number of voxels in one volume.", c.MaxVoxels},
		{"slmsam_jobs_queued", "gauge", "Propagations waiting or running.", c.Queued},
		{"slmsam_jobs_done_total", "counter", "Propagations that succeeded.", c.JobsDone},
		{"slmsam_jobs_failed_total", "counter", "Propagations that failed.", c.Failed},
		{"slmsam_jobs_stopped_total", "counter", "Propagations that were stopped or superseded.", c.Stopped},
	} {
		web.WriteMetric(w, m.name, m.kind, m.help, m.value)
	}
}

// line sends one event of a stream.
func line(w http.ResponseWriter, e project.Event) error {
	if err := json.NewEncoder(w).Encode(e); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush()
}
