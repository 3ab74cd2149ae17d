package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Start says where a training's weights came from; it is kept in the metadata of every checkpoint.
type Start struct {
	Path   string `json:"path"`   // "fresh" for random weights
	SHA256 string `json:"sha256"` // of the file; empty for random weights
	Model  string `json:"model"`  // preset, for random weights
}

// StartOptions choose the start weights.
type StartOptions struct {
	Init       string // a SAM 2.1 or SLM-SAM 2 checkpoint, or "fresh"
	Model      string // preset for "fresh": "nano"
	Resolution int    // side of the model's input; 0 takes the preset's or the file's
}

// Fresh asks for random weights.
const Fresh = "fresh"

// Begin makes the model that a training starts from.
func Begin(dev backend.Device, o StartOptions, r Recipe) (*slmsam.Model, Start, error) {
	if o.Init == Fresh {
		return beginFresh(dev, o, r)
	}
	f, err := checkpoint.Read(o.Init)
	if err != nil {
		return nil, Start{}, fmt.Errorf("train: start weights: %w", err)
	}
	c, err := slmsam.ConfigOf(f)
	if err != nil {
		return nil, Start{}, fmt.Errorf("train: start weights: %w", err)
	}
	m, _, err := slmsam.FromFile(dev, f, r.configure(&c, o.Resolution))
	if err != nil {
		return nil, Start{}, fmt.Errorf("train: start weights: %w", err)
	}
	sum, err := f.SHA256()
	return m, Start{Path: o.Init, SHA256: sum}, err
}

func beginFresh(dev backend.Device, o StartOptions, r Recipe) (*slmsam.Model, Start, error) {
	c, err := slmsam.Preset(o.Model)
	if err != nil {
		return nil, Start{}, fmt.Errorf("train: %w", err)
	}
	m, err := slmsam.New(dev, *r.configure(&c, o.Resolution))
	if err != nil {
		return nil, Start{}, fmt.Errorf("train: %w", err)
	}
	if err := m.Initialise(r.Seed); err != nil {
		return nil, Start{}, fmt.Errorf("train: %w", err)
	}
	return m, Start{Path: Fresh, Model: o.Model}, nil
}

// configure puts into a model's configuration what the recipe decides.
func (r Recipe) configure(c *slmsam.Config, resolution int) *slmsam.Config {
	c.Memory = r.Memory
	c.PriorAlone = r.PriorAlone
	c.Zoom = math.Sqrt(r.Augment.Zoom[0] * r.Augment.Zoom[1])
	c.Trunk.DropPath = r.DropPath
	c.Attention.Dropout = float32(r.Dropout)
	if resolution > 0 {
		c.ImageSize = resolution
	}
	return c
}

// errDiverged is wrapped by the error of a training that a clip's loss or gradient has ended.
var errDiverged = errors.New("the training diverged")
