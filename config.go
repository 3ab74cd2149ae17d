package slmsam

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Config is the shape of a model. It is stored beside every checkpoint. Example values are those of tiny.
type Config struct {
	ImageSize   int            `json:"image_size"`   // 1024: side S of the square input, a multiple of 32
	Trunk       hiera.Config   `json:"trunk"`        // hiera.Tiny()
	Attention   memattn.Config `json:"attention"`    // both memory attentions
	FuserBlocks int            `json:"fuser_blocks"` // 2: ConvNeXt blocks in the fuser and in the memory encoder
	Frames      int            `json:"frames"`       // 7: temporal positions in the checkpoint (num_maskmem)
	Memory      Memory         `json:"memory"`       // "M7+R1": the banks in use

	// Crop is the side of the square that the model sees around each object, see Options.Crop; 0, as in SAM 2: whole slices.
	Crop float64 `json:"crop,omitempty"`

	// Window is the intensity window of the training volumes, such as "auto" or "-160,240"; empty if unknown.
	Window volume.WindowRule `json:"window,omitempty"`

	Trained *Trained `json:"trained,omitempty"` // what the weights know; nil claims nothing

	// Prior lets a method without a network (package carry) propose each slice's mask, which the model corrects and judges
	// present or absent. Each object is then seen by itself, windowed to its surroundings.
	Prior bool `json:"prior,omitempty"`
	// PriorAlone leaves encoder, memory and decoder out: the refiner corrects the prior by itself, and package click finds what
	// is clicked on.
	PriorAlone bool `json:"prior_alone,omitempty"`
	// PriorTrusted accepts any correction of the prior, however large: the model has learned what these objects look like.
	PriorTrusted bool `json:"prior_trusted,omitempty"`
	// RefinerWidth is the number of channels at the refiner's first level (decoder.NewRefiner); 0 means 32.
	RefinerWidth int `json:"refiner_width,omitempty"`
	// PresenceApart judges presence by a contracting path of its own in the refiner (decoder.NewRefiner).
	PresenceApart bool `json:"presence_apart,omitempty"`
}

// Tiny is SLM-SAM 2 on sam2.1_hiera_tiny, the paper's model.
func Tiny() Config { return sam21(hiera.Tiny()) }

// Small is SLM-SAM 2 on sam2.1_hiera_small.
func Small() Config { return sam21(hiera.Small()) }

// BasePlus is SLM-SAM 2 on sam2.1_hiera_base_plus.
func BasePlus() Config { return sam21(hiera.BasePlus()) }

// Large is SLM-SAM 2 on sam2.1_hiera_large.
func Large() Config { return sam21(hiera.Large()) }

// Nano is this project's small model for 256 x 256 slices.
func Nano() Config {
	return Config{ImageSize: 256, Trunk: hiera.Nano(), FuserBlocks: 2, Frames: 7, Memory: ShortLong,
		Attention: memattn.Config{Width: 96, MemoryWidth: 32, Layers: 2, FeedForward: 384, Theta: 10000}}
}

func sam21(trunk hiera.Config) Config {
	return Config{ImageSize: 1024, Trunk: trunk, FuserBlocks: 2, Frames: 7, Memory: ShortLong,
		Attention: memattn.Config{Width: 256, MemoryWidth: 64, Layers: 4, FeedForward: 2048, Theta: 10000}}
}

// Presets lists the named configurations, smallest first.
func Presets() []string { return []string{"nano", "tiny", "small", "base+", "large"} }

// Preset returns a named configuration.
func Preset(name string) (Config, error) {
	switch name {
	case "nano":
		return Nano(), nil
	case "tiny":
		return Tiny(), nil
	case "small":
		return Small(), nil
	case "base+":
		return BasePlus(), nil
	case "large":
		return Large(), nil
	}
	return Config{}, fmt.Errorf("slmsam: unknown model %q, want one of %v", name, Presets())
}

// Validate reports a configuration that no model can have.
func (c Config) Validate() error {
	if err := errors.Join(c.Trunk.Validate(), c.Attention.Validate(), c.Memory.validate(c.Frames)); err != nil {
		return err
	}
	step := 4 * c.Trunk.Windows[0] // the window embedding is tiled over the grid at stride 4
	if c.ImageSize < step || c.ImageSize > 4096 || c.ImageSize%32 != 0 || c.ImageSize%step != 0 {
		return fmt.Errorf("slmsam: image_size %d must be a multiple of 32 and of %d, at most 4096", c.ImageSize, step)
	}
	if c.Attention.Width%16 != 0 {
		return fmt.Errorf("slmsam: width %d must be a multiple of 16: the decoder halves it and splits it into 8 heads", c.Attention.Width)
	}
	if c.Crop != 0 && !(c.Crop >= 1) {
		return fmt.Errorf("slmsam: crop %g must be at least 1, or 0 for whole slices", c.Crop)
	}
	if _, err := volume.ParseWindowRule(string(c.Window)); err != nil {
		return fmt.Errorf("slmsam: %w", err)
	}
	if c.PriorAlone && !c.Prior {
		return errors.New("slmsam: prior_alone needs prior")
	}
	if c.PresenceApart && !c.Prior {
		return errors.New("slmsam: presence_apart needs prior")
	}
	if c.RefinerWidth < 0 || c.RefinerWidth > 256 {
		return fmt.Errorf("slmsam: refiner_width %d must be between 1 and 256, or 0 for %d", c.RefinerWidth, refinerWidth)
	}
	if c.FuserBlocks < 0 || c.Frames < 1 {
		return fmt.Errorf("slmsam: want fuser_blocks >= 0 and frames >= 1, got %d and %d", c.FuserBlocks, c.Frames)
	}
	return nil
}

// refinerWidth is the default RefinerWidth.
const refinerWidth = 32

// Refiner returns the number of channels at the refiner's first level.
func (c Config) Refiner() int { return cmp.Or(c.RefinerWidth, refinerWidth) }

// Grid returns the side of the feature map at stride 16.
func (c Config) Grid() int { return c.ImageSize / 16 }

// ReadConfig reads a configuration file: ours, or the official one converted to JSON.
func ReadConfig(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("slmsam: read configuration: %w", err)
	}
	if ext := strings.ToLower(filepath.Ext(path)); ext == ".yaml" || ext == ".yml" {
		return Config{}, fmt.Errorf("slmsam: configuration %s: want JSON, not YAML; official weights need no configuration; it follows from their shapes", path)
	}
	c, err := ParseConfig(data)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return Config{}, fmt.Errorf("slmsam: configuration %s: want JSON: %w", path, err)
	}
	if err != nil {
		return Config{}, fmt.Errorf("slmsam: configuration %s: %w", path, err)
	}
	return c, nil
}

// ParseConfig is ReadConfig on bytes. An unknown key is an error.
func ParseConfig(data []byte) (Config, error) {
	if isOfficial(data) {
		return parseOfficial(data)
	}
	var c struct {
		Config
		Zoom float64 `json:"zoom"` // what Crop was called in earlier checkpoints
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		return Config{}, err
	}
	if c.Crop == 0 {
		c.Crop = c.Zoom
	}
	if _, err := d.Token(); err != io.EOF {
		return Config{}, errors.New("more than one JSON value")
	}
	return c.Config, c.Validate()
}
