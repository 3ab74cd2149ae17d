package ablate

import (
	"context"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
)

// labelExt ends the names of the label maps that an ablation writes.
const labelExt = ".nii.gz"

// sliceAxis is the axis across which a case's label map has its slices.
const sliceAxis = 2

func (a *ablation) truthDir() string { return filepath.Join(a.Dir, "truth") }

// writeTruth writes the test volumes' annotations, as far as they are not there.
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

// propagate carries the true mask of every object on its central slice through the whole case and writes the label map.
func propagate(ctx context.Context, g *nn.Graph, m *slmsam.Model, c *train.Case, mem slmsam.Memory, path string, done func(part float64)) error {
	annotation := c.LabelMap()
	var prompts []slmsam.Prompt
	on := map[int]int{} // object -> prompted slice
	for o, label := range c.Objects {
		if slice, ok := annotation.CentralSlice(label, sliceAxis); ok {
			prompts = append(prompts, slmsam.Prompt{Slice: slice, Object: int(label), Mask: c.Mask(slice, o)})
			on[int(label)] = slice
		}
	}
	labels := &volume.LabelMap{Dim: annotation.Dim, Geom: annotation.Geom, Data: make([]int32, len(annotation.Data))}
	merger := slmsam.NewMerger(labels, sliceAxis)
	err := m.Propagate(ctx, g, c, prompts, slmsam.Options{Memory: mem}, func(r slmsam.SliceResult) error {
		merger.Add(r.Slice, r.Objects, func(object int) bool { return on[object] == r.Slice })
		done(float64(r.Done) / float64(r.Total))
		return nil
	})
	g.Free()
	if err != nil {
		return err
	}
	return volume.WriteLabelMap(path, labels, volume.WriteOptions{Force: true})
}
