// Package monailabel serves clients of MONAI Label 0.8: the stock plugins of 3D Slicer and OHIF, and scripts.
//
// The served folder is the datastore. There are three models: one of type scribbles, to which Slicer sends a label map with
// painted slices; one of type deepgrow, for clicks and boxes; and one of type segmentation, which starts from a guess,
// because OHIF's panel does not work without one. Between two requests, the server keeps only the open volume and which
// slices a result was computed from. Slicer puts the result into the segment that it sends the next time, and only what
// has changed in it then counts as drawn.
//
// Where plugins expect something that the protocol does not specify, a comment says so.
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
	Folder  *folder.Folder   // the datastore; nil: there is none, and images arrive in sessions
	Trainer annotate.Trainer // nil: training is not offered
	Guard   web.Guard        // checks the password of /auth/token
	Idle    time.Duration    // time after which an unused session or volume is closed; 0: an hour
	Log     *slog.Logger
}

// Server handles the requests of MONAI Label's clients.
type Server struct {
	backend annotate.Backend
	folder  *folder.Folder
	guard   web.Guard
	log     *slog.Logger
	dir     string                 // of this server's uploads
	uploads chan struct{}          // holds an element per upload in progress
	leases  *lease.Leases[*upload] // sessions
	volumes *volumes
	trainer annotate.Trainer
	doubts  doubts
	mux     *http.ServeMux
}

// Tokenless lists the paths from which a client gets a token.
var Tokenless = []string{"/auth", "/auth/", "/auth/token", "/auth/token/"}

const (
	maxUploads  = 8  // concurrent requests with a body that may be large
	maxSessions = 16 // images that are open in sessions
)

// New returns a server that opens volumes on backend. Close removes its temporary files.
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

// handle registers f for a path with and without a trailing slash, because Slicer's client does not follow redirects.
func (s *Server) handle(method, path string, f func(http.ResponseWriter, *http.Request) error) {
	h := func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
	s.mux.HandleFunc(method+" "+path, h)
	s.mux.HandleFunc(method+" "+path+"/{$}", h)
}

// statusError is an error with an HTTP status.
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

// user is the user name of everyone who has the token.
const user = "annotator"

// auth replies whether a login is needed. Plugins ask before every operation.
func (s *Server) auth(w http.ResponseWriter, _ *http.Request) error {
	web.JSON(w, http.StatusOK, map[string]bool{"enabled": s.guard.Token != ""})
	return nil
}

// token replies with the server's token if the password is that token.
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
