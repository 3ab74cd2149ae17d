package train_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// curveTolerance is the largest relative difference between the losses on two devices. Both compute in float32 but sum in
// different orders, and each step amplifies the difference a little, because AdamW divides small gradients by their own size.
const curveTolerance = 5e-3

// TestSameCurveOnBothDevices trains for 20 steps on the CPU and on the GPU from the same weights.
func TestSameCurveOnBothDevices(t *testing.T) {
	curves := map[string][]float64{}
	golden.OnDevices(t, func(t *testing.T, dev backend.Device) {
		r := tinyRecipe(20)
		r.Batch, r.Rates.LR, r.Rates.EncoderLR = 1, 1e-4, 1e-4
		dir := t.TempDir()
		tr, err := train.New(nn.NewGraph(dev), freshModel(t, dev), train.Setup{Recipe: r, Train: twoCases(), Dir: dir})
		require.NoError(t, err)
		run(t, tr)
		name := "cpu"
		if golden.OnGPU(dev) {
			name = "gpu"
		}
		curves[name] = losses(t, dir)
	})
	if curves["gpu"] == nil {
		t.Skip("no GPU to compare with")
	}
	require.Len(t, curves["cpu"], 20)
	for i, want := range curves["cpu"] {
		require.InEpsilon(t, want, curves["gpu"][i], curveTolerance, "step %d", i+1)
	}
}
