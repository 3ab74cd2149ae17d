package main

import (
	"context"
	"net"
	"net/http"
	"runtime"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/itksnap"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/annotate/monailabel"
	"github.com/seed-6f79f512/slmsam/annotate/nninteractive"
	"github.com/seed-6f79f512/slmsam/annotate/session"
	"github.com/seed-6f79f512/slmsam/annotate/viewer"
)

// servers creates the servers that the flags ask for; the page is that of place. They end when ctx does.
func (f *serveFlags) servers(ctx context.Context, c *console, backend *session.Backend, dir string, place *workplace) (*servers, error) {
	host, _, err := net.SplitHostPort(f.listen)
	if err != nil {
		return nil, err
	}
	s := &servers{}
	viewed := f.guard(c, "viewer", host)
	viewed.Tokenless = viewer.Tokenless()
	s.ports = append(s.ports, &port{name: "annotate in the browser", addr: f.listen, handler: viewed.Wrap(f.measured(place.page, backend))})
	s.add("nnInteractive", host, f.nnInteractive, f.guard(c, "nninteractive", host).Wrap(
		nninteractive.New(ctx, backend, nninteractive.Options{Idle: f.idle, Liveness: f.liveness, Log: c.log})))
	if err := f.addMONAILabel(ctx, c, s, backend, host, dir, place.learner); err != nil {
		s.close(c)
		return nil, err
	}
	f.addITKSNAP(ctx, c, s, backend, host)
	return s, nil
}

// measured returns the page with the metrics of the other servers added to its own at /metrics.
func (f *serveFlags) measured(page http.Handler, backend *session.Backend) http.Handler {
	f.metrics.Gauge("slmsam_sessions", "Volumes that clients have open.", func() int { n, _ := backend.Usage(); return n })
	f.metrics.Gauge("slmsam_session_voxels", "Voxels of the volumes that clients have open.", func() int { _, n := backend.Usage(); return n })
	f.metrics.Gauge("go_goroutines", "Goroutines that exist.", runtime.NumGoroutine)
	mux := http.NewServeMux()
	mux.Handle("/", page)
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		page.ServeHTTP(w, r)
		f.metrics.Write(w)
	})
	return mux
}

// addMONAILabel adds the server for MONAI Label clients, which also lists the volumes in dir, if one is given. It allows
// requests from web pages of other origins, because OHIF is often on another server.
func (f *serveFlags) addMONAILabel(ctx context.Context, c *console, s *servers, backend annotate.Backend, host, dir string, learner *learn.Learner) error {
	guard := f.guard(c, "monailabel", host)
	guard.Origins, guard.Local, guard.Tokenless = f.origins, true, monailabel.Tokenless
	options := monailabel.Options{Guard: guard, Idle: f.idle, Log: c.log}
	if dir != "" {
		served, err := folder.Open(dir, f.limits.Voxels)
		if err != nil {
			return err
		}
		options.Folder = served
		if learner != nil {
			options.Trainer = learner
		}
		s.closers = append(s.closers, served.Close)
	}
	h, err := monailabel.New(ctx, backend, options)
	if err != nil {
		return err
	}
	s.closers = append(s.closers, h.Close)
	s.add("MONAI Label", host, f.monaiLabel, guard.Wrap(h))
	return nil
}

// addITKSNAP adds the server for ITK-SNAP. It asks for no token, because ITK-SNAP cannot send one, and is therefore open
// to this machine only, unless a proxy is in front of it.
func (f *serveFlags) addITKSNAP(ctx context.Context, c *console, s *servers, backend annotate.Backend, host string) {
	if f.token != "" && !f.snapAsked {
		if f.snap != 0 {
			c.log.Info("ITK-SNAP: not served, because it sends no token; --itksnap-port opens its port to every program on this machine")
		}
		return
	}
	guard := f.guard(c, "itksnap", host)
	guard.Token = ""
	if !f.behindProxy {
		host = "127.0.0.1"
	}
	s.add("ITK-SNAP", host, f.snap, guard.Wrap(itksnap.New(ctx, backend, itksnap.Options{Idle: f.idle, Log: c.log})))
}
