package slmsam

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// MetadataConfig is the metadata key of a checkpoint's configuration.
const MetadataConfig = "slmsam.config"

// Loaded describes what Load read.
type Loaded struct {
	File *checkpoint.File
	// Fresh is set if a SAM 2.1 file was converted to SLM-SAM 2 (short attention copied from the long one, fuser
	// fresh): it works, but has not been fine-tuned with two memories.
	Fresh bool
	// SAM20 is set for SAM 2.0 weights: they work as they did there, and the parts added in 2.1 have no effect.
	SAM20 bool
}

// Open loads a model on dev by the name of its weights: a file, "nano" for the built-in model, or an official
// checkpoint that was pulled ([checkpoint.Official]).
func Open(dev backend.Device, name string) (*Model, error) {
	f, err := FindWeights(name)
	if err != nil {
		return nil, err
	}
	m, _, err := FromFile(dev, f, nil)
	if err != nil {
		return nil, err
	}
	m.KeepHalves()
	return m, nil
}

// KeepHalves rounds the weights of matrix products to float16 if the device was opened for that
// (DeviceOptions.Precision); otherwise, it does nothing. Afterwards, the weights cannot be changed or trained. Open
// calls it; Load and FromFile do not.
func (m *Model) KeepHalves() { m.Params.KeepHalves() }

// FindWeights reads the checkpoint with the given name, as Open does.
func FindWeights(name string) (*checkpoint.File, error) {
	if name == nano.Name {
		return nano.Checkpoint()
	}
	if _, err := os.Stat(name); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return checkpoint.Read(name)
	}
	path, err := checkpoint.Pulled(name)
	if err != nil {
		return nil, fmt.Errorf("slmsam: %w", err)
	}
	return checkpoint.Read(path)
}

// Load reads a checkpoint, official or ours, and loads the model on dev. If config is nil, the configuration comes
// from the file's metadata, from a config.json in its folder, or from the preset of the same shape.
func Load(dev backend.Device, path string, config *Config) (*Model, Loaded, error) {
	f, err := checkpoint.Read(path)
	if err != nil {
		return nil, Loaded{}, err
	}
	return FromFile(dev, f, config)
}

// FromFile is Load for a checkpoint that has already been read.
func FromFile(dev backend.Device, f *checkpoint.File, config *Config) (*Model, Loaded, error) {
	loaded := Loaded{File: f}
	if config == nil {
		c, err := ConfigOf(f)
		if err != nil {
			return nil, loaded, err
		}
		config = &c
	}
	m, err := New(dev, *config)
	if err != nil {
		return nil, loaded, err
	}
	state := f.Tensors
	if loaded.SAM20 = checkpoint.IsSAM20(state); loaded.SAM20 {
		if state, err = checkpoint.FromSAM20(state); err != nil {
			return nil, loaded, fmt.Errorf("slmsam: %s: %w", f.Path, err)
		}
	}
	if loaded.Fresh = !checkpoint.HasShortMemory(state); loaded.Fresh {
		if err := checkpoint.KeyDiff(m.shapes(false), state); err != nil { // so that the error does not list the parts added below
			return nil, loaded, fmt.Errorf("slmsam: %s does not fit the model: %w", f.Path, err)
		}
		const seed = 1
		if state, err = checkpoint.InitSLM(state, seed); err != nil {
			return nil, loaded, fmt.Errorf("slmsam: %s: %w", f.Path, err)
		}
	}
	if err := m.SetState(m.separatePresence(state)); err != nil {
		return nil, loaded, fmt.Errorf("slmsam: %s does not fit the model: %w", f.Path, err)
	}
	m.Weights = checkpoint.Digest(state)
	return m, loaded, nil
}

// shapes returns the parameters' shapes by name, with or without those that SLM-SAM 2 adds to SAM 2.1.
func (m *Model) shapes(shortMemory bool) map[string][]int {
	out := map[string][]int{}
	for _, p := range m.Params.All() {
		if shortMemory || !checkpoint.IsShortMemory(p.Name) {
			out[p.Name] = p.Shape
		}
	}
	return out
}

// SetState loads every parameter, strictly: one error lists all missing, unexpected, and misshapen keys.
func (m *Model) SetState(state map[string]*checkpoint.Tensor) error {
	if err := checkpoint.KeyDiff(m.shapes(true), state); err != nil {
		return err
	}
	for _, p := range m.Params.All() {
		p.Set(state[p.Name].Data)
	}
	m.Heads.Prompt.Reload()
	return nil
}

// State returns every parameter in the order of declaration and in checkpoint layout.
func (m *Model) State() ([]checkpoint.Named, error) {
	var out []checkpoint.Named
	for _, p := range m.Params.All() {
		v, err := p.Get()
		if err != nil {
			return nil, err
		}
		out = append(out, checkpoint.Named{Name: p.Name, Tensor: checkpoint.NewF32(v, p.Shape...)})
	}
	return out, nil
}

// ConfigOf finds a checkpoint's configuration: in its metadata, in a config.json in its folder (unless that belongs
// to another program), or as the preset of the same shape.
func ConfigOf(f *checkpoint.File) (Config, error) {
	if layout := checkpoint.ForeignLayout(f.Tensors); layout != "" {
		return Config{}, fmt.Errorf("slmsam: %s cannot be loaded: %s", f.Path, layout)
	}
	if s := f.Metadata[MetadataConfig]; s != "" {
		c, err := ParseConfig([]byte(s))
		if err != nil {
			return Config{}, fmt.Errorf("slmsam: %s: configuration in the metadata: %w", f.Path, err)
		}
		return c, nil
	}
	if beside := configBeside(f); beside != "" {
		return ReadConfig(beside)
	}
	return presetOf(f)
}

// StatesSize reports whether a checkpoint states the image size it was trained for, in its metadata or in a
// configuration beside it. Otherwise, the released models' size is assumed.
func StatesSize(f *checkpoint.File) bool {
	return f.Metadata[MetadataConfig] != "" || configBeside(f) != ""
}

// configBeside is the path of the config.json in a checkpoint's folder; "" if there is none, or if it is neither ours
// nor SAM 2's, since other programs use files of that name, too.
func configBeside(f *checkpoint.File) string {
	path := filepath.Join(filepath.Dir(f.Path), "config.json")
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	var probe map[string]json.RawMessage
	if err == nil && json.Unmarshal(data, &probe) == nil && probe["trunk"] == nil && probe["image_encoder"] == nil {
		return ""
	}
	return path
}

// presetOf recognizes a released model by its trunk: the width of the patch embedding and the number of blocks.
func presetOf(f *checkpoint.File) (Config, error) {
	patch := f.Tensors["image_encoder.trunk.patch_embed.proj.bias"]
	if patch == nil {
		return Config{}, fmt.Errorf("slmsam: %s is not a SAM 2.1 or SLM-SAM 2 checkpoint: it has no tensor image_encoder.trunk.patch_embed.proj.bias", f.Path)
	}
	blocks := 0
	for f.Tensors[fmt.Sprintf("image_encoder.trunk.blocks.%d.norm1.weight", blocks)] != nil {
		blocks++
	}
	for _, name := range Presets() {
		c, err := Preset(name)
		if err == nil && c.Trunk.EmbedDim == patch.Len() && c.Trunk.Depth() == blocks {
			return c, nil
		}
	}
	return Config{}, fmt.Errorf("slmsam: %s has %d channels and %d blocks, which is not the shape of a released model: put its config.json next to it or pass it with --config",
		f.Path, patch.Len(), blocks)
}
