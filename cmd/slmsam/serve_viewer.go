package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"github.com/seed-6f79f512/slmsam"
	sessions "github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/viewer"
)

// Of an uploaded file, at most so many bytes are read for every voxel that a volume may have: float64, uncompressed.
const uploadBytesPerVoxel = 8

// openViewer makes the page over the project in dir or, without one, in a folder that lasts as long as the server, which
// ends with ctx.
func openViewer(ctx context.Context, c *console, model *slmsam.Model, limits sessions.Limits, dir string) (page http.Handler, closeAll func(), err error) {
	options := viewer.Options{UploadBytes: uploadBytesPerVoxel * int64(limits.Voxels), Done: ctx.Done(), Log: c.log}
	removeDir := func() error { return nil }
	if dir == "" {
		if dir, err = os.MkdirTemp("", "slmsam-project-"); err != nil {
			return nil, nil, fmt.Errorf("make a folder for uploads: %w", err)
		}
		made := dir
		removeDir = func() error { return os.RemoveAll(made) }
		options.Notice = "This server was started without a folder: volumes and labels are kept until it ends. Download what you need, or start it as slmsam serve FOLDER."
	}
	f, err := folder.Open(dir, limits.Voxels)
	if err != nil {
		return nil, nil, errors.Join(err, removeDir())
	}
	p, err := project.Open(f, model, limits, c.log)
	if err != nil {
		return nil, nil, errors.Join(err, f.Close(), removeDir())
	}
	return viewer.New(p, options), func() {
		if err := errors.Join(p.Close(), f.Close(), removeDir()); err != nil {
			c.log.Warn("not everything could be closed", "reason", err)
		}
	}, nil
}
