package main

import (
	"fmt"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/spf13/pflag"
)

// modelFlags are the flags that choose the model.
type modelFlags struct {
	checkpoint string
	config     string
	resolution int
}

// add declares the flags; weights is the default of --checkpoint.
func (f *modelFlags) add(flags *pflag.FlagSet, weights string) {
	flags.StringVar(&f.checkpoint, "checkpoint", weights, "weights: a .pt or .safetensors file, "+nano.Name+" (built in), or the name of "+
		"downloaded ones ("+strings.Join(checkpoint.OfficialNames(), ", ")+"; see slmsam weights)")
	flags.StringVar(&f.config, "config", "", "JSON file with the model's configuration (default: the checkpoint's own)")
	flags.IntVar(&f.resolution, "resolution", 0, "side length of the model's input in pixels, a multiple of 32 (default: the model's)")
}

// openModel loads the chosen checkpoint onto dev. source is the path of the checkpoint.
func openModel(dev backend.Device, f modelFlags, c *console) (m *slmsam.Model, source string, err error) {
	file, err := slmsam.FindWeights(f.checkpoint)
	if err != nil {
		return nil, "", err
	}
	config, err := f.resolve(file)
	if err != nil {
		return nil, "", err
	}
	m, loaded, err := slmsam.FromFile(dev, file, &config)
	if err != nil {
		return nil, "", err
	}
	m.KeepHalves()
	collectOften(m)
	c.log.Info(fmt.Sprintf("model: %s, %.1f M parameters, memory %s, %d x %d",
		file.Path, float64(m.Parameters())/1e6, config.Memory, config.ImageSize, config.ImageSize))
	if loaded.SAM20 {
		c.log.Warn("these are SAM 2.0 weights: they work as they do in SAM 2.0; the 2.1 weights of the same size are better (slmsam weights list)")
	}
	switch {
	case loaded.Fresh:
		c.log.Warn("these are plain SAM 2.1 weights: short memory attention starts as a copy of the long one and the fuser is " +
			"untrained, so the masks will be poor until the model is fine-tuned; --memory M7 uses them as SAM 2 does")
	case f.checkpoint == nano.Name:
		c.log.Warn("this is the small built-in model: optical flow, gray values and a graph cut propose masks, a small network refines them. " +
			"Check every slice (docs/nano.md says how good it is); for better results, fine-tune a model on a few of your volumes: slmsam train")
	}
	return m, file.Path, nil
}

// resolve returns the model's configuration: that of --config or of the checkpoint, with --resolution applied.
func (f modelFlags) resolve(file *checkpoint.File) (config slmsam.Config, err error) {
	if f.config != "" {
		config, err = slmsam.ReadConfig(f.config)
	} else {
		config, err = slmsam.ConfigOf(file)
	}
	if err != nil {
		return config, err
	}
	return config, f.resize(&config)
}

// resize applies --resolution to config.
func (f modelFlags) resize(config *slmsam.Config) error {
	if f.resolution == 0 {
		return nil
	}
	config.ImageSize = f.resolution
	if err := config.Validate(); err != nil {
		return usagef("--resolution %d: %w", f.resolution, err)
	}
	return nil
}
