package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/spf13/cobra"
)

// modelFlags choose the weights.
type modelFlags struct {
	checkpoint string
	config     string
	resolution int
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.checkpoint, "checkpoint", "", "weights: a .pt or .safetensors file, or the name of a pulled one\n"+
		"("+strings.Join(officialNames(), ", ")+"; see slmsam weights)")
	cmd.Flags().StringVar(&f.config, "config", "", "JSON file with the model's configuration (default: the checkpoint's own)")
	cmd.Flags().IntVar(&f.resolution, "resolution", 0, "side of the square that the model sees, a multiple of 32 (default: the model's)")
}

// openModel reads the chosen checkpoint and puts the model on dev; source is where it was found.
func openModel(dev backend.Device, f modelFlags, c *console) (m *slmsam.Model, source string, err error) {
	file, err := f.read(c)
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
	c.log.Info(fmt.Sprintf("model: %s, %.1f M parameters, memory %s, %d x %d",
		file.Path, float64(m.Parameters())/1e6, config.Memory, config.ImageSize, config.ImageSize))
	if loaded.Fresh {
		c.log.Warn("these are plain SAM 2.1 weights: short memory attention starts as a copy of the long one and the fuser is " +
			"untrained, so the masks will be poor until the model is fine-tuned; --memory M7 uses them as SAM 2 does")
	}
	return m, file.Path, nil
}

// read reads the chosen checkpoint or, without a choice, the built-in one.
func (f modelFlags) read(c *console) (*checkpoint.File, error) {
	if f.checkpoint == "" {
		c.log.Warn("no --checkpoint: using the built-in nano model, small and briefly trained: look at every slice (docs/nano.md says how good " +
			"it is). For more, fine-tune a larger one: slmsam weights pull tiny, slmsam train")
		return nano.Checkpoint()
	}
	path, err := findCheckpoint(f.checkpoint)
	if err != nil {
		return nil, err
	}
	return checkpoint.Read(path)
}

// resolve returns the configuration of the checkpoint with the flags applied.
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

// resize applies --resolution.
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

// findCheckpoint returns the file that --checkpoint names: a path, or an official checkpoint that was pulled.
func findCheckpoint(name string) (string, error) {
	if _, err := os.Stat(name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return name, err
	}
	entry, err := checkpoint.FindOfficial(name)
	if err != nil {
		return "", fmt.Errorf("checkpoint %s: no such file, and no official checkpoint has that name (%s)", name, strings.Join(officialNames(), ", "))
	}
	dir, err := checkpoint.CacheDir()
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, entry.File)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("checkpoint %s is not here yet: run \"slmsam weights pull %s\" (looked for %s)", name, entry.Name, path)
	}
	return path, nil
}

func officialNames() []string {
	var names []string
	for _, e := range checkpoint.Official() {
		names = append(names, e.Name)
	}
	return names
}
