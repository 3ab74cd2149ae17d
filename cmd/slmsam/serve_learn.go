package main

import (
	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/learn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// learner returns the Learner that trains on the reviewed volumes in dir and replaces the model that is served. New models
// share the cache of base. It returns nil, which means no training, if the configuration comes from --config.
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
