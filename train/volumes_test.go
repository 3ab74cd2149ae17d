package train_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestEpochsCountVolumesAlone checks that clips that are mixed in do not make an epoch longer.
func TestEpochsCountVolumesAlone(t *testing.T) {
	mixed := train.Mixed{First: twoCases(), Second: train.NewGenerated(1, 1<<20), Share: 0.2}
	require.Equal(t, 2, train.Volumes(mixed))
	require.Equal(t, 2, train.Volumes(train.Mixed{First: mixed, Second: train.NewRegions(twoCases(), 1, 9), Share: 0.5}))

	r := tinyRecipe(0)
	r.Epochs, r.Batch, r.Regions = 2, 1, 0.5
	dev := cpu.New(1)
	var total int
	var epoch float64
	tr, err := train.New(nn.NewGraph(dev), freshModel(t, dev), train.Setup{Recipe: r, Train: twoCases(), Dir: t.TempDir(), LastOnly: true,
		Report: func(p train.Progress) { total, epoch = p.Total, p.Metrics.Epoch }})
	require.NoError(t, err)
	run(t, tr)
	require.Equal(t, 4, total)
	require.Equal(t, 4, tr.Step())
	require.InDelta(t, 1.5, epoch, 1e-9, "before the last step, three of four clips had been used")
}
