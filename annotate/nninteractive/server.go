package nninteractive

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/lease"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// Options are the settings of a server. Zero values stand for the defaults of nnInteractive's own server.
type Options struct {
	Idle     time.Duration // time without a request after which a lease ends; 10 minutes
	Liveness time.Duration // time without a heartbeat after which it ends; 1 minute
	Interim  time.Duration // time between interim replies during a prediction; half a second
	Log      *slog.Logger
}

// Server handles the requests of the protocol's clients.
type Server struct {
	backend annotate.Backend
	options Options
	leases  *lease.Leases[*client]
	codec   *codec
	mux     *http.ServeMux

	uploads *web.Budget // of images being uploaded
	opening sync.Mutex  // held while an image is unpacked: its memory is only accounted for once a session owns it
}

// New returns a server that opens sessions on backend. They end with ctx.
func New(ctx context.Context, backend annotate.Backend, o Options) *Server {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{{&o.Idle, 10 * time.Minute}, {&o.Liveness, time.Minute}, {&o.Interim, 500 * time.Millisecond}} {
		if *d.value == 0 {
			*d.value = d.fallback
		}
	}
	s := &Server{backend: backend, options: o, codec: newCodec(), mux: http.NewServeMux(),
		uploads: web.NewBudget(int64(imageBytes)*int64(backend.Limits().TotalVoxels) + overhead)}
	s.leases = lease.New(ctx, backend.Limits().Sessions, o.Idle, o.Liveness, (*client).close)
	s.routes()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) routes() {
	s.mux.HandleFunc("GET /healthz", web.Healthy)
	s.mux.HandleFunc("POST /claim", s.claim)
	s.mux.HandleFunc("GET /capabilities", func(w http.ResponseWriter, r *http.Request) { web.JSON(w, http.StatusOK, capabilities) })
	s.mux.HandleFunc("POST /release", func(w http.ResponseWriter, r *http.Request) {
		s.leases.Release(r.Header.Get(leaseHeader))
		web.JSON(w, http.StatusOK, map[string]bool{"released": true})
	})
	s.mux.HandleFunc("POST /heartbeat", func(w http.ResponseWriter, r *http.Request) { s.status(w, r, true) })
	s.mux.HandleFunc("GET /lease_status", func(w http.ResponseWriter, r *http.Request) { s.status(w, r, false) })
	for path, f := range map[string]func(*client, http.ResponseWriter, *http.Request) error{
		"/set_image":                   s.setImage,
		"/set_target_buffer":           s.setTarget,
		"/set_do_autozoom":             s.setAutozoom,
		"/reset_interactions":          s.reset,
		"/undo":                        s.undo,
		"/predict":                     s.predict,
		"/add_point_interaction":       s.coordinatePrompt((*canvas).click),
		"/add_bbox_interaction":        s.coordinatePrompt((*canvas).box),
		"/add_scribble_interaction":    s.maskPrompt(annotate.Scribble),
		"/add_lasso_interaction":       s.maskPrompt(annotate.Outline),
		"/add_initial_seg_interaction": s.addInitial,
	} {
		s.mux.HandleFunc("POST "+path, s.leased(f))
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		web.Detail(w, http.StatusNotFound, "no such path in the nnInteractive protocol")
	})
}

// Headers of the protocol.
const (
	leaseHeader = "X-Lease-Token"
	metaHeader  = "X-Meta"
)

// leased returns a handler that runs f with the request's client, one request per client at a time.
func (s *Server) leased(f func(*client, http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		known, err := s.leases.With(r.Context(), r.Header.Get(leaseHeader), func(ctx context.Context, c *client) error {
			return f(c, w, r.WithContext(ctx))
		})
		switch {
		case !known:
			gone(w)
		case err != nil:
			web.Fail(w, r, s.options.Log, err)
		}
	}
}

func gone(w http.ResponseWriter) {
	web.Detail(w, http.StatusGone, "lease expired or unknown")
}

func (s *Server) claim(w http.ResponseWriter, r *http.Request) {
	held, err := s.leases.Claim(&client{})
	if err != nil {
		web.Fail(w, r, s.options.Log, err)
		return
	}
	web.JSON(w, http.StatusOK, map[string]any{"lease_token": held.Token, "idle_timeout_seconds": s.options.Idle.Seconds(),
		"liveness_timeout_seconds": s.options.Liveness.Seconds(), "max_sessions": s.leases.Max})
}

func (s *Server) status(w http.ResponseWriter, r *http.Request, alive bool) {
	left, ok := s.leases.Remaining(r.Header.Get(leaseHeader), alive)
	if !ok {
		gone(w)
		return
	}
	web.JSON(w, http.StatusOK, map[string]any{"remaining_seconds": left.Seconds(), "idle_timeout_seconds": s.options.Idle.Seconds()})
}

// capabilities is the reply to /capabilities. Clients require all of these fields; those about the network, which do not
// matter here, have the values of nnInteractive's own. The version is that of the protocol.
var capabilities = map[string]any{
	"supported_interactions": map[string]bool{"points": true, "bbox2d": true, "bbox3d": false, "scribble": true, "lasso": true},
	"channel_mapping": map[string]any{"prev_seg": 0, "bbox2d": []int{1, 2}, "bbox3d": []int{1, 2}, "lasso": []int{1, 2},
		"points": []int{3, 4}, "scribble": []int{5, 6}},
	"num_interaction_channels":            7,
	"supports_initial_label":              true,
	"supports_zero_shot_label_refinement": true,
	"preferred_scribble_thickness":        []int{2, 2, 2},
	"interaction_decay":                   0.9,
	"patch_size":                          []int{1, 1024, 1024},
	"do_autozoom":                         false,
	"inference_session_version":           "2.5.1",
	"license":                             "Apache-2.0",
	"supports_undo":                       true,
}

// meta reads the JSON in the X-Meta header into v. Without the header, v stays unchanged.
func meta(r *http.Request, v any) error {
	raw := r.Header.Get(metaHeader)
	if raw == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(strings.TrimSpace(raw)), v); err != nil {
		return annotate.Inputf("the X-Meta header is not the expected JSON: %v", err)
	}
	return nil
}
