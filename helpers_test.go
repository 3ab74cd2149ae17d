package slmsam_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// newModel returns the smallest model, with random weights that are always the same.
func newModel(t *testing.T, dev backend.Device) *slmsam.Model {
	t.Helper()
	return golden.Random(t, dev, golden.Smallest())
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
