package train_test

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// pico returns the configuration of a model that trains a step in milliseconds.
func pico() slmsam.Config {
	trunk := hiera.Config{EmbedDim: 8, Heads: 1, Stages: [4]int{1, 1, 1, 1}, GlobalBlocks: []int{2}, Windows: [4]int{8, 4, 4, 2}, Background: [2]int{7, 7}}
	return slmsam.Config{ImageSize: 64, Trunk: trunk, FuserBlocks: 1, Frames: 7, Memory: slmsam.ShortLong,
		Attention: memattn.Config{Width: 32, MemoryWidth: 16, Layers: 1, FeedForward: 32, Theta: 10000}}
}

// tinyRecipe returns a fast recipe with everything that is random turned on.
func tinyRecipe(steps int) train.Recipe {
	r := train.Scratch()
	r.Steps, r.Frames, r.ValidateEach, r.SaveEach, r.WarmupSteps = steps, 3, 0, 0, 3
	r.MaxObjects, r.Batch, r.Ends = 2, 2, 0
	r.Augment.Noise, r.Augment.Gamma, r.Augment.Scale = 5, [2]float64{0.8, 1.2}, [2]float64{0.9, 1.1}
	return r
}

// discs returns a case with two bright discs on a dark, uneven background: object 3 on all slices, and object 5 on slices 3
// and later.
func discs(name string, slices int) *train.Case {
	const h, w = 40, 48
	c := &train.Case{Name: name, H: h, W: w, Objects: []int32{3, 5}}
	for z := range slices {
		image, labels := make([]uint8, h*w), make([]uint8, h*w)
		for y := range h {
			for x := range w {
				at := y*w + x
				image[at] = uint8(30 + (x*7+y*13+z*5)%23)
				if math.Hypot(float64(x-15-z%3), float64(y-20)) < 8 {
					image[at], labels[at] = 170, 1
				}
				if z >= 3 && math.Hypot(float64(x-35), float64(y-18-z%2)) < 6 {
					image[at], labels[at] = 220, 2
				}
			}
		}
		c.Images, c.Labels = append(c.Images, image), append(c.Labels, labels)
	}
	return c
}

// twoCases returns two cases of different lengths.
func twoCases() train.Cases { return train.Cases{discs("a", 9), discs("b", 12)} }

// freshModel returns a pico model with random weights.
func freshModel(t testing.TB, dev backend.Device) *slmsam.Model {
	t.Helper()
	return randomModel(t, dev, pico())
}

// randomModel returns a model with random weights, always the same for a given configuration.
func randomModel(t testing.TB, dev backend.Device, c slmsam.Config) *slmsam.Model {
	t.Helper()
	m, err := slmsam.New(dev, c)
	require.NoError(t, err)
	require.NoError(t, m.Initialize(5))
	return m
}

// newTrainer returns a new run of a pico model in dir, on the CPU.
func newTrainer(t testing.TB, dir string, r train.Recipe, report func(train.Progress)) (*train.Trainer, *slmsam.Model) {
	t.Helper()
	dev := cpu.New(1)
	m := freshModel(t, dev)
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: dir, Report: report, Start: train.Start{Path: train.Fresh}})
	require.NoError(t, err)
	return tr, m
}

// resumed returns the run in dir, where it left off.
func resumed(t testing.TB, dir string) (*train.Trainer, *slmsam.Model) {
	t.Helper()
	r, config, err := train.RunConfig(dir)
	require.NoError(t, err)
	dev := cpu.New(1)
	m, err := slmsam.New(dev, config)
	require.NoError(t, err)
	tr, err := train.Resume(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: dir})
	require.NoError(t, err)
	return tr, m
}

// interrupt runs the training that begin returns, and stops it after a step.
func interrupt(t testing.TB, step int, begin func(report func(train.Progress)) *train.Trainer) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	tr := begin(func(p train.Progress) {
		if p.Step == step {
			stop()
		}
	})
	require.ErrorIs(t, tr.Run(ctx), context.Canceled)
}

// weights reads all parameters.
func weights(t testing.TB, m *slmsam.Model) map[string][]float32 {
	t.Helper()
	out := map[string][]float32{}
	for _, p := range m.Params.All() {
		v, err := p.Get()
		require.NoError(t, err)
		out[p.Name] = v
	}
	return out
}

// writeCase writes an image and a label map of 10x8x6 voxels with the given labels as NIfTI.
func writeCase(t testing.TB, image, label string, labels ...int32) {
	t.Helper()
	v, l := smallVolume(labels...)
	require.NoError(t, os.MkdirAll(filepath.Dir(image), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Dir(label), 0o755))
	require.NoError(t, volume.WriteVolume(image, v, volume.WriteOptions{}))
	require.NoError(t, volume.WriteLabelMap(label, l, volume.WriteOptions{}))
}

// smallVolume returns an image and a label map whose i-th label has two voxels on each slice from the i-th on.
func smallVolume(labels ...int32) (*volume.Volume, *volume.LabelMap) {
	v := &volume.Volume{Dim: [3]int{10, 8, 6}, Data: make([]float32, 480)}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 3})
	for i := range v.Data {
		v.Data[i] = float32(i * 7 % 101)
	}
	l := volume.NewLabelMap(v)
	for i, label := range labels {
		for z := i; z < 6; z++ {
			l.Data[z*80+i*10+4], l.Data[z*80+i*10+5] = label, label
		}
	}
	return v, l
}

// run trains to the end.
func run(t testing.TB, tr *train.Trainer) {
	t.Helper()
	require.NoError(t, tr.Run(t.Context()))
}

// requireSameWeights compares parameters bit for bit.
func requireSameWeights(t testing.TB, want, got map[string][]float32) {
	t.Helper()
	require.Len(t, got, len(want))
	for name, w := range want {
		for i := range w {
			if math.Float32bits(w[i]) != math.Float32bits(got[name][i]) {
				t.Fatalf("%s[%d]: %g instead of %g", name, i, got[name][i], w[i])
			}
		}
	}
}

// writeModel saves a model with its configuration, and returns the file's path.
func writeModel(t testing.TB, m *slmsam.Model) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "model.safetensors")
	golden.WriteModel(t, m, path)
	return path
}
