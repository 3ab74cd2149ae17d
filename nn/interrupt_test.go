package nn_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestInterruptible checks that canceled work ends between two scopes and releases its tensors, and that other
// errors and panics pass through.
func TestInterruptible(t *testing.T) {
	dev := cpu.New(1)
	defer dev.Close()
	g := nn.NewGraph(dev)
	before := g.Zeros(10)
	live := dev.Memory().Live
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	layer := func() *nn.Tensor {
		return g.Scoped1(func() *nn.Tensor {
			steps++
			if steps == 3 {
				cancel()
			}
			return g.Zeros(100)
		})
	}
	err := g.Interruptible(ctx, func() error {
		g.Scoped(func() []*nn.Tensor {
			for range 10 {
				layer()
			}
			return nil
		})
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 3, steps)
	require.Equal(t, live, dev.Memory().Live)
	layer() // outside Interruptible, nothing is interrupted
	require.Equal(t, 4, steps)
	values, err := g.Read(before)
	require.NoError(t, err)
	require.Len(t, values, 10)

	other := errors.New("an error of f")
	require.ErrorIs(t, g.Interruptible(t.Context(), func() error { return other }), other)
	require.PanicsWithValue(t, "a fault", func() { _ = g.Interruptible(t.Context(), func() error { panic("a fault") }) })
}
