package train_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// trainedOn trains on a number of threads and returns the losses and the weights.
func trainedOn(t *testing.T, threads int, r train.Recipe) ([]float64, map[string][]float32) {
	t.Helper()
	dev, dir := cpu.New(threads), t.TempDir()
	defer dev.Close()
	m := freshModel(t, dev)
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: dir, Start: train.Start{Path: train.Fresh}})
	require.NoError(t, err)
	run(t, tr)
	return losses(t, dir), weights(t, m)
}

// TestWorkersChangeNothing checks that losses and weights are the same to the last bit, whatever the number of workers.
func TestWorkersChangeNothing(t *testing.T) {
	r := tinyRecipe(2)
	r.Batch, r.Together = 5, 1
	r.Dropout, r.DropPath = 0.1, 0.1
	loss, alone := trainedOn(t, 1, r)
	for _, threads := range []int{2, 8} {
		again, shared := trainedOn(t, threads, r)
		require.Equal(t, loss, again, "%d threads", threads)
		require.Equal(t, alone, shared, "%d threads", threads)
	}
}

// TestWorkersStop checks that an error from Pause ends the run, and that the unfinished step changes no weights.
func TestWorkersStop(t *testing.T) {
	r := tinyRecipe(3)
	r.Batch, r.Together = 4, 1
	dev := cpu.New(2)
	m := freshModel(t, dev)
	before := weights(t, m)
	stop, calls := errors.New("stop"), 0
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: t.TempDir(), Start: train.Start{Path: train.Fresh},
		Pause: func(context.Context) error {
			if calls++; calls > 1 {
				return stop
			}
			return nil
		}})
	require.NoError(t, err)
	require.ErrorIs(t, tr.Run(t.Context()), stop)
	require.Equal(t, before, weights(t, m))
}

// faulty is a device whose parts panic.
type faulty struct{ *cpu.Device }

func (f faulty) Split(n int) (parts []backend.Device) {
	for range f.Device.Split(n) {
		parts = append(parts, faulty{cpu.New(1)})
	}
	return parts
}

func (faulty) MaskLoss(backend.MaskLoss) { panic("out of order") }

// TestFaultsOfWorkersAreErrors checks that a panic in a worker's goroutine ends the training, not the program.
func TestFaultsOfWorkersAreErrors(t *testing.T) {
	r := tinyRecipe(3)
	r.Batch, r.Together = 4, 1
	dev := faulty{cpu.New(2)}
	m := freshModel(t, dev)
	before := weights(t, m)
	tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: twoCases(), Dir: t.TempDir(), Start: train.Start{Path: train.Fresh}})
	require.NoError(t, err)
	require.ErrorContains(t, tr.Run(t.Context()), "out of order")
	require.Equal(t, before, weights(t, m))
}

// broken is a source that panics.
type broken struct{ train.Cases }

func (broken) Case(int) (*train.Case, error) { panic("no such case") }

// TestFaultsOfClipsAreErrors checks the same for a panic where clips are prepared.
func TestFaultsOfClipsAreErrors(t *testing.T) {
	dev := cpu.New(2)
	tr, err := train.New(nn.NewGraph(dev), freshModel(t, dev), train.Setup{Recipe: tinyRecipe(3), Train: broken{twoCases()}, Dir: t.TempDir(),
		Start: train.Start{Path: train.Fresh}})
	require.NoError(t, err)
	require.ErrorContains(t, tr.Run(t.Context()), "no such case")
}
