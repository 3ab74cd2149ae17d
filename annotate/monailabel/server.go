// Package monailabel answers clients of MONAI Label 0.8: the stock plugins of 3D Slicer and OHIF, and scripts.
//
// The served folder is the datastore. Three models are offered: one of type scribbles, to which Slicer sends a label
// map with painted slices, one of type deepgrow for clicks and boxes, and one of type segmentation, which starts
// from a guess: OHIF's panel does not work without one. Nothing stays on the server between two
// requests but the open volume, and which slices an annotator had painted when a result went out: Slicer puts
// the result into the segment that it sends the next time, and only what was changed in it counts as drawn then.
//
// Where the plugins expect something that the protocol does not say, the place in the code says so.
//
// Where to start reading: server.go (the list of paths), infer.go, painted.go; datastore.go, learning.go.
package monailabel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/lease"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// Options are the settings of a server.
type Options struct {
	Folder  *folder.Folder   // the datastore; nil: none, images come in sessions only
	Trainer annotate.Trainer // nil: no training
	Guard   web.Guard        // asked for the password of /auth/token
	Idle    time.Duration    // until a session or an open volume is forgotten; 0: an hour
	Log     *slog.Logger
}

// Server answers MONAI Label's clients.
type Server struct {
	backend annotate.Backend
	folder  *folder.Folder
	guard   web.Guard
	log     *slog.Logger
	dir     string // uploads, of this server alone
	uploads chan struct{}
	leases  *lease.Leases[*upload] // sessions
	volumes *volumes
	trainer annotate.Trainer
	doubts  doubts
	mux     *http.ServeMux
}

// Tokenless are the paths by which a client gets a token.
var Tokenless = []string{"/auth", "/auth/", "/auth/token", "/auth/token/"}

const (
	maxUploads  = 8  // requests with a body that may be large, at once
	maxSessions = 16 // images uploaded for a session
)

// New returns a server of volumes on backend. Close frees what it put on the disk.
func New(ctx context.Context, backend annotate.Backend, o Options) (*Server, error) {
	dir, err := os.MkdirTemp("", "slmsam-monailabel-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for uploads: %w", err)
	}
	if o.Idle == 0 {
		o.Idle = time.Hour
	}
	s := &Server{backend: backend, folder: o.Folder, trainer: o.Trainer, guard: o.Guard, log: o.Log, dir: dir,
		uploads: make(chan struct{}, maxUploads), mux: http.NewServeMux()}
	s.volumes = newVolumes(ctx, backend, o.Idle)
	s.leases = lease.New(ctx, maxSessions, o.Idle, 0, func(u *upload) {
		s.volumes.forget(u.key())
		u.remove()
	})
	s.routes()
	return s, nil
}

// Close removes the uploads.
func (s *Server) Close() error { return os.RemoveAll(s.dir) }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// handle registers f for a path with and without a slash at the end: Slicer's client follows no redirect.
func (s *Server) handle(method, path string, f func(http.ResponseWriter, *http.Request) error) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
	s.mux.HandleFunc(method+" "+path, h)
	s.mux.HandleFunc(method+" "+path+"/{$}", h)
}

// statusError is an error with a status of its own.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return e.text }

func notFound(text string) error { return &statusError{http.StatusNotFound, text} }

func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var status *statusError
	switch {
	case errors.As(err, &status):
		web.Detail(w, status.status, status.text)
	case errors.Is(err, folder.ErrUnknown):
		web.Detail(w, http.StatusNotFound, err.Error())
	default:
		web.Fail(w, r, s.log, err)
	}
}

func (s *Server) routes() {
	s.handle("GET", "/auth", s.auth)
	s.handle("POST", "/auth/token", s.token)
	s.handle("GET", "/auth/token/valid", func(w http.ResponseWriter, _ *http.Request) error {
		web.JSON(w, http.StatusOK, map[string]string{"username": user})
		return nil
	})
	s.handle("GET", "/info", s.info)
	s.handle("PUT", "/session", s.createSession)
	s.handle("GET", "/session/{id}", s.getSession)
	s.handle("DELETE", "/session/{id}", s.removeSession)
	s.handle("POST", "/infer/{model}", s.infer)
	s.handle("POST", "/activelearning/{strategy}", s.nextSample)
	s.datastoreRoutes()
	s.handle("GET", "/train", s.trainStatus)
	s.handle("POST", "/train", s.train)
	s.handle("POST", "/train/{model}", s.train)
	s.handle("DELETE", "/train", s.trainStop)
	s.handle("GET", "/logs", func(w http.ResponseWriter, _ *http.Request) error {
		web.Bytes(w, http.StatusOK, "text/plain; charset=utf-8", []byte("The log is on the server's console.\n"))
		return nil
	})
	s.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		web.Detail(w, http.StatusNotFound, "no such path in the MONAI Label protocol, or one that this server does not implement")
	})
}

// user is the name of everyone who has the token.
const user = "annotator"

// auth says whether a login is needed; plugins ask before every operation.
func (s *Server) auth(w http.ResponseWriter, _ *http.Request) error {
	web.JSON(w, http.StatusOK, map[string]bool{"enabled": s.guard.Token != ""})
	return nil
}

// token gives the server's token to whoever knows it as the password.
func (s *Server) token(w http.ResponseWriter, r *http.Request) error {
	const formLimit = 1 << 12
	r.Body = http.MaxBytesReader(w, r.Body, formLimit)
	if err := r.ParseForm(); err != nil {
		return annotate.Inputf("the login is not a form: %v", err)
	}
	if s.guard.Token == "" || !s.guard.TokenIs(r.PostForm.Get("password")) {
		return &statusError{http.StatusUnauthorized, "wrong password: it is the server's token"}
	}
	web.JSON(w, http.StatusOK, map[string]string{"access_token": s.guard.Token, "token_type": "bearer"})
	return nil
}
