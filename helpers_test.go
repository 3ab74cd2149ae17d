package slmsam_test

import (
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// smallest returns the configuration of the smallest model that has every part.
func smallest() slmsam.Config {
	return slmsam.Config{ImageSize: 64, FuserBlocks: 1, Frames: 7, Memory: slmsam.ShortLong,
		Trunk: hiera.Config{EmbedDim: 8, Heads: 1, Stages: [4]int{1, 1, 1, 1}, GlobalBlocks: []int{2},
			Windows: [4]int{8, 4, 4, 2}, Background: [2]int{4, 4}},
		Attention: memattn.Config{Width: 16, MemoryWidth: 8, Layers: 1, FeedForward: 16, Theta: 10000}}
}

// newModel returns the smallest model, with random weights that are always the same.
func newModel(t *testing.T, dev backend.Device) *slmsam.Model {
	t.Helper()
	m, err := slmsam.New(dev, smallest())
	require.NoError(t, err)
	require.NoError(t, m.Initialize(3))
	return m
}

// setParam overwrites the values of a model's parameter.
func setParam(t *testing.T, m *slmsam.Model, name string, values ...float32) {
	t.Helper()
	at := slices.IndexFunc(m.Params.All(), func(p *nn.Param) bool { return p.Name == name })
	require.GreaterOrEqual(t, at, 0, "the model has no parameter %s", name)
	m.Params.All()[at].Set(values)
}

// ramp returns n slices of 20 x 30 pixels, all different.
func ramp(n int) slmsam.Slices {
	v := &volume.Volume{Dim: [3]int{30, 20, n}}
	for i := range n {
		for p := range 20 * 30 {
			v.Data = append(v.Data, float32(uint8(7*i+p)))
		}
	}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 3})
	return slmsam.Slices{Volume: v, Axis: 2, Window: volume.Window{Lo: 0, Hi: 255}}
}

// square returns a mask of 20 x 30 pixels: columns x0 to x1-1 of rows 5 to 14.
func square(x0, x1 int) []bool {
	mask := make([]bool, 20*30)
	for p := range mask {
		mask[p] = p%30 >= x0 && p%30 < x1 && p/30 > 4 && p/30 < 15
	}
	return mask
}

// segment runs a request on a new model.
func segment(t *testing.T, r slmsam.Request) *slmsam.Result {
	t.Helper()
	dev := cpu.New(0)
	defer dev.Close()
	result, err := newModel(t, dev).Segment(t.Context(), r)
	require.NoError(t, err)
	return result
}
