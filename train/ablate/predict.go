package ablate

import (
	"context"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
)

// labelExt is the extension of the label maps that an ablation writes.
const labelExt = ".nii.gz"

// sliceAxis is the slice axis of a case's label map.
const sliceAxis = 2

// truthDir is the folder of the test volumes' annotations.
func (a *ablation) truthDir() string { return filepath.Join(a.Dir, "truth") }

// writeTruth writes the annotations of those test volumes that have no file yet.
func (a *ablation) writeTruth() error {
	if err := os.MkdirAll(a.truthDir(), 0o755); err != nil {
		return err
	}
	for i, name := range a.test.Names() {
		path := filepath.Join(a.truthDir(), a.files[name]+labelExt)
		if _, err := os.Stat(path); err == nil {
			continue
		}
		c, err := a.test.Case(i)
		if err != nil {
			return err
		}
		if err := volume.WriteLabelMap(path, c.LabelMap(), volume.WriteOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// propagate tracks the true mask of every object from its central slice through the whole case and writes the label
// map to path.
func propagate(ctx context.Context, m *slmsam.Model, c *train.Case, mem slmsam.Memory, path string, done func(part float64)) error {
	slices := c.Slices()
	prompts, _, err := slmsam.Outlines(c.LabelMap(), slices.Axis, slmsam.Selection{Central: true})
	if err != nil {
		return err
	}
	result, err := m.Segment(ctx, slmsam.Request{Slices: slices, Prompts: prompts, Options: slmsam.Options{Memory: mem, Untrained: true},
		Progress: func(p slmsam.Progress) error {
			done(float64(p.Done) / float64(p.Total))
			return nil
		}})
	if err != nil {
		return err
	}
	return volume.WriteLabelMap(path, result.Labels, volume.WriteOptions{Force: true})
}
