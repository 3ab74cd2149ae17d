// Package itksnap serves ITK-SNAP's deep-learning mode: the DLS protocol of itksnap-dls 0.1.2, and the older paths without
// v2/ that ITK-SNAP also uses. A session has one image and one object, and every reply contains the whole mask.
//
// ITK-SNAP reads as many bytes of a result as its image has voxels, and takes every reply with status 200 for a result.
// Sizes are therefore checked here.
//
// Where to start reading: server.go, then upload.go.
package itksnap

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/lease"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
)

const (
	// protocolVersion consists of digits and dots, and is at least the version that ITK-SNAP requires. Anything else crashes
	// ITK-SNAP.
	protocolVersion = "0.1.2"
	model           = "slmsam"
	object          = 1 // the number of a session's only object
)

// Options are the settings of a server.
type Options struct {
	Idle time.Duration // time without a request after which a session ends; 0: 30 minutes
	Log  *slog.Logger
}

// Server handles ITK-SNAP's requests.
type Server struct {
	backend annotate.Backend
	log     *slog.Logger
	leases  *lease.Leases[*client]
	mux     *http.ServeMux

	uploads *web.Budget // of images and masks being uploaded
	opening sync.Mutex  // held while one of them is unpacked: its memory is only accounted for once a session owns it
}

// client is a session of ITK-SNAP. A new image replaces the previous one.
type client struct {
	session annotate.Session // nil before the first image
	home    int              // the acquisition axis
}

// New returns a server that opens sessions on backend. They end with ctx.
func New(ctx context.Context, backend annotate.Backend, o Options) *Server {
	if o.Idle == 0 {
		o.Idle = 30 * time.Minute
	}
	s := &Server{backend: backend, log: o.Log, mux: http.NewServeMux(), uploads: web.NewBudget(bodyLimit(backend.Limits().TotalVoxels))}
	s.leases = lease.New(ctx, backend.Limits().Sessions, o.Idle, 0, (*client).close)
	s.routes()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

func (s *Server) routes() {
	s.mux.HandleFunc("GET /status", func(w http.ResponseWriter, _ *http.Request) {
		web.JSON(w, http.StatusOK, map[string]string{"status": "ok", "version": protocolVersion})
	})
	s.mux.HandleFunc("GET /v2/models", func(w http.ResponseWriter, _ *http.Request) {
		web.JSON(w, http.StatusOK, map[string]any{"models": []any{map[string]any{"id": model, "channels": []int{1}, "dimensions": 3,
			"interactions": []string{"point", "scribble", "lasso"}}}})
	})
	for _, prefix := range []string{"/", "/v2/"} {
		s.mux.HandleFunc("GET "+prefix+"start_session", s.start)
		s.mux.HandleFunc("GET "+prefix+"start_session/{model}", s.start)
		s.mux.HandleFunc("GET "+prefix+"end_session/{session}", s.end)
		for path, f := range map[string]func(*client, http.ResponseWriter, *http.Request) error{
			"POST " + prefix + "upload_raw":                   s.upload,
			"GET " + prefix + "process_point_interaction":     s.point,
			"POST " + prefix + "process_scribble_interaction": s.mask(annotate.Scribble),
			"POST " + prefix + "process_lasso_interaction":    s.mask(annotate.Outline),
			"GET " + prefix + "reset_interactions":            s.reset,
		} {
			s.mux.HandleFunc(path+"/{session}", s.in(f))
		}
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		web.Detail(w, http.StatusNotFound, "no such path in the protocol of ITK-SNAP's deep-learning mode")
	})
}

// in returns a handler that runs f with the client whose session the path names.
func (s *Server) in(f func(*client, http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		known, err := s.leases.With(r.Context(), r.PathValue("session"), func(ctx context.Context, c *client) error {
			return f(c, w, r.WithContext(ctx))
		})
		switch {
		case !known:
			web.Detail(w, http.StatusNotFound, "Invalid session: it has ended or never existed; connect to the server again")
		case err != nil:
			web.Fail(w, r, s.log, err)
		}
	}
}

func (s *Server) start(w http.ResponseWriter, r *http.Request) {
	if id := r.PathValue("model"); id != "" && id != model {
		web.Detail(w, http.StatusNotFound, "no such model; this server has "+model)
		return
	}
	c, err := s.leases.Claim(&client{})
	if err != nil {
		web.Fail(w, r, s.log, err)
		return
	}
	web.JSON(w, http.StatusOK, map[string]string{"session_id": c.Token})
}

// end ends a session. It is not an error if the session has already ended.
func (s *Server) end(w http.ResponseWriter, r *http.Request) {
	s.leases.Release(r.PathValue("session"))
	web.JSON(w, http.StatusOK, map[string]string{"message": "Session ended"})
}

func (c *client) close() {
	if c.session != nil {
		c.session.Close()
		c.session = nil
	}
}

func (s *Server) upload(c *client, w http.ResponseWriter, r *http.Request) error {
	err := s.withImage(w, r, s.backend.Limits().Voxels, func(data []float32, m *metadata) error {
		annotate.MakeFinite(data)
		v := &volume.Volume{Dim: m.dim(), Data: data, Geom: volume.NewGeometry(m.dim(), m.spacing())}
		c.close()
		session, err := s.backend.Open(v)
		if err != nil {
			return err
		}
		c.session, c.home = session, v.AcquisitionAxis()
		return nil
	})
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, map[string]string{"message": "Image uploaded"})
	return nil
}

var errNoImage = annotate.Inputf("no image yet: upload one first")

func (s *Server) reset(c *client, w http.ResponseWriter, _ *http.Request) error {
	if c.session != nil {
		if err := c.session.Reset(object); err != nil {
			return err
		}
	}
	web.JSON(w, http.StatusOK, map[string]string{"message": "Interactions reset"})
	return nil
}

func (s *Server) point(c *client, w http.ResponseWriter, r *http.Request) error {
	if c.session == nil {
		return errNoImage
	}
	q := r.URL.Query()
	erase, err := erases(q)
	if err != nil {
		return err
	}
	words := q["point"]
	if words == nil { // the older form of the request
		words = []string{q.Get("x"), q.Get("y"), q.Get("z")}
	}
	if len(words) != 3 {
		return annotate.Inputf("a point has three coordinates, this one has %d", len(words))
	}
	stroke := annotate.Stroke{Kind: annotate.Click, Erase: erase}
	for axis, word := range words {
		x, err := strconv.ParseFloat(word, 64)
		if err != nil || !(math.Abs(x) < math.MaxInt32) {
			return annotate.Inputf("the point's coordinate %.20q is not a voxel index", word)
		}
		at := int(math.RoundToEven(x))
		stroke.Region.Lo[axis], stroke.Region.Hi[axis] = at, at+1
	}
	return s.draw(c, w, r, stroke)
}

func (s *Server) mask(kind annotate.StrokeKind) func(*client, http.ResponseWriter, *http.Request) error {
	return func(c *client, w http.ResponseWriter, r *http.Request) error {
		if c.session == nil {
			return errNoImage
		}
		erase, err := erases(r.URL.Query())
		if err != nil {
			return err
		}
		dim := c.session.Dim()
		var on []bool
		err = s.withImage(w, r, dim[0]*dim[1]*dim[2], func(data []float32, m *metadata) error {
			if m.dim() != dim {
				return annotate.Inputf("the mask has %v voxels, the image %v", m.dim(), dim)
			}
			on = make([]bool, len(data))
			for i, x := range data {
				on[i] = x > 0
			}
			return nil
		})
		if err != nil {
			return err
		}
		return s.draw(c, w, r, annotate.StrokesOf(kind, erase, annotate.Region{Hi: dim}, on, c.home)...)
	}
}

// erases reports whether a request has foreground=false; without the parameter, it is true.
func erases(q url.Values) (bool, error) {
	switch q.Get("foreground") {
	case "", "true", "True", "1":
		return false, nil
	case "false", "False", "0":
		return true, nil
	}
	return false, annotate.Inputf("foreground=%.20q: want true or false", q.Get("foreground"))
}

// draw queues strokes, propagates the object through the volume, and replies with the mask. Strokes that fail leave nothing
// behind.
func (s *Server) draw(c *client, w http.ResponseWriter, r *http.Request, strokes ...annotate.Stroke) error {
	if len(strokes) > 0 {
		if err := c.session.Apply(r.Context(), object, strokes...); err != nil {
			return err
		}
		if _, err := c.session.Run(r.Context(), object, nil); err != nil {
			if _, undoErr := c.session.Undo(object); undoErr != nil {
				return undoErr
			}
			return err
		}
	}
	dim := c.session.Dim()
	mask := make([]uint8, dim[0]*dim[1]*dim[2])
	if err := c.session.Mask(object, mask); err != nil {
		return err
	}
	packed, err := packed(mask)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, map[string]string{"status": "success", "result": packed})
	return nil
}

// packed returns a mask, gzipped and in base64.
func packed(mask []uint8) (string, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return "", err
	}
	if _, err := z.Write(mask); err != nil {
		return "", fmt.Errorf("pack the mask: %w", err)
	}
	if err := z.Close(); err != nil {
		return "", fmt.Errorf("pack the mask: %w", err)
	}
	return base64.StdEncoding.EncodeToString(out.Bytes()), nil
}
