package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Start records where a training's weights came from; it is kept in the metadata of every checkpoint.
type Start struct {
	Path   string `json:"path"`   // "fresh" for random weights
	SHA256 string `json:"sha256"` // of the file; empty for random weights
	Model  string `json:"model"`  // preset of random weights
}

// StartOptions selects the start weights.
type StartOptions struct {
	Init       string // a SAM 2.1 or SLM-SAM 2 checkpoint, by path or by name as in slmsam.Open, or "fresh"
	Model      string // preset for "fresh", such as "nano"
	Resolution int    // side of the model's input; 0 takes the preset's or the file's

	Window volume.WindowRule // how the training volumes are windowed, recorded in the model; see WindowOf. Empty: unchanged
}

// Fresh is the Init value that asks for random weights.
const Fresh = "fresh"

// Begin creates the model that training starts from.
func Begin(dev backend.Device, o StartOptions, r Recipe) (*slmsam.Model, Start, error) {
	if o.Init == Fresh {
		return beginFresh(dev, o, r)
	}
	f, c, err := o.find()
	if err != nil {
		return nil, Start{}, err
	}
	alone := c.PriorAlone
	m, _, err := slmsam.FromFile(dev, f, r.configure(&c, o))
	if err != nil {
		return nil, Start{}, fmt.Errorf("train: start weights: %w", err)
	}
	if alone && !c.PriorAlone { // its decoder has never been trained to correct the prior
		m.CorrectNothing()
	}
	return m, Start{Path: o.Init, SHA256: m.Weights}, nil
}

// Config returns the start model's configuration, before a recipe changes it.
func (o StartOptions) Config() (slmsam.Config, error) {
	if o.Init == Fresh {
		c, err := slmsam.Preset(o.Model)
		if err != nil {
			return c, fmt.Errorf("train: %w", err)
		}
		return c, nil
	}
	_, c, err := o.find()
	return c, err
}

// find reads the start weights.
func (o StartOptions) find() (*checkpoint.File, slmsam.Config, error) {
	f, err := slmsam.FindWeights(o.Init)
	if err != nil {
		return nil, slmsam.Config{}, fmt.Errorf("train: start weights: %w", err)
	}
	c, err := slmsam.ConfigOf(f)
	if err != nil {
		return nil, c, fmt.Errorf("train: start weights: %w", err)
	}
	if c.Trained == nil && !checkpoint.HasShortMemory(f.Tensors) {
		c.Trained = slmsam.TrainedAsSAM2(c.Frames)
	}
	return f, c, nil
}

// beginFresh creates a model with random weights.
func beginFresh(dev backend.Device, o StartOptions, r Recipe) (*slmsam.Model, Start, error) {
	c, err := o.Config()
	if err != nil {
		return nil, Start{}, err
	}
	c.Trained = &slmsam.Trained{}
	m, err := slmsam.New(dev, *r.configure(&c, o))
	if err != nil {
		return nil, Start{}, fmt.Errorf("train: %w", err)
	}
	if err := m.Initialize(r.Seed); err != nil {
		return nil, Start{}, fmt.Errorf("train: %w", err)
	}
	return m, Start{Path: Fresh, Model: o.Model}, nil
}

// sameCrop allows for rounding when the model's crop is compared with the middle of the recipe's range.
const sameCrop = 1e-9

// configure applies the recipe and the options to a model's configuration.
func (r Recipe) configure(c *slmsam.Config, o StartOptions) *slmsam.Config {
	r = r.Inherit(*c)
	if o.Window != "" {
		c.Window = o.Window
	}
	c.Memory, c.PriorAlone = r.Memory, *r.PriorAlone
	c.PresenceApart = c.PresenceApart || r.PresenceApart
	if crop := math.Sqrt(r.Augment.Crop[0] * r.Augment.Crop[1]); math.Abs(crop-c.Crop) > sameCrop {
		c.Crop = crop
	}
	c.Trained = c.Trained.With(r.Prompts.kinds(), r.Memory)
	c.Trunk.DropPath = r.DropPath
	c.Attention.Dropout = float32(r.Dropout)
	if o.Resolution > 0 {
		c.ImageSize = o.Resolution
	}
	return c
}

// errDiverged is wrapped by the error of a training stopped by a clip's loss or gradient.
var errDiverged = errors.New("the training diverged")
