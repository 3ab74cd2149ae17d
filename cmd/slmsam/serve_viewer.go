package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/viewer"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// uploadBytesPerVoxel bounds the size of an uploaded file per voxel that a volume may have: 8 for uncompressed float64.
const uploadBytesPerVoxel = 8

// workplace is the project that the annotators work on, with the page for it.
type workplace struct {
	project *project.Project
	page    http.Handler
	learner *learn.Learner // nil: no training
	closers []func() error // in the order in which things were opened
}

// openWorkplace opens the project in dir and creates its page. If dir is "", the project is in a temporary folder that is
// removed when the server ends. done is closed when the server ends.
func (f *serveFlags) openWorkplace(c *console, dev backend.Device, served *learn.Served, base *slmsam.Model, dir string, done <-chan struct{}) (w *workplace, err error) {
	w = &workplace{}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.end())
		}
	}()
	options := viewer.Options{UploadBytes: uploadBytesPerVoxel * int64(f.limits.Voxels), Done: done, Log: c.log}
	if dir == "" {
		if dir, err = os.MkdirTemp("", "slmsam-project-"); err != nil {
			return w, fmt.Errorf("make a folder for uploads: %w", err)
		}
		made := dir
		w.closers = append(w.closers, func() error { return os.RemoveAll(made) })
		options.Notice = "This server was started without a folder: volumes and labels are lost when it stops. Download what you need, or start it as slmsam serve FOLDER."
	}
	volumes, err := folder.Open(dir, f.limits.Voxels)
	if err != nil {
		return w, err
	}
	w.closers = append(w.closers, volumes.Close)
	if w.project, err = project.Open(volumes, served, f.limits, c.log); err != nil {
		return w, err
	}
	w.closers = append(w.closers, w.project.Close)
	if w.learner, err = f.learner(c, dev, served, base, volumes); err != nil {
		return w, err
	}
	if w.learner != nil {
		w.closers = append(w.closers, w.learner.Close)
	}
	options.Learner = w.learner
	w.page = viewer.New(w.project, options)
	return w, nil
}

// end closes everything in reverse order.
func (w *workplace) end() error {
	var err error
	for i := range w.closers {
		err = errors.Join(err, w.closers[len(w.closers)-1-i]())
	}
	return err
}
