package main

import (
	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// learner makes what trains on the volumes of a folder that were reviewed, in place of the model that serves. Weights that
// the server was given a configuration for by hand stay as they are: nil.
func (f *serveFlags) learner(c *console, dev backend.Device, served *learn.Served, base *slmsam.Model, dir *folder.Folder) (*learn.Learner, error) {
	if f.config != "" {
		return nil, nil
	}
	return learn.New(dir, served, learn.Options{
		Init: f.checkpoint, Resolution: f.resolution, Log: c.log,
		Open: func() (backend.Device, error) {
			own, _, err := slmsam.OpenDevice(f.DeviceOptions)
			return own, err
		},
		Load: func(path string) (*slmsam.Model, error) {
			m, err := slmsam.Open(dev, path)
			if err == nil {
				m.Features = base.Features
			}
			return m, err
		},
	})
}
