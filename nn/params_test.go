package nn_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestParamsOfTwoDevices copies a parameter to another device, and adds the gradient from there to that of the original.
func TestParamsOfTwoDevices(t *testing.T) {
	dev := cpu.New(1)
	one, two := nn.NewParams(dev), nn.NewParams(cpu.New(1))
	order := []int{1, 0} // the layout on a device differs from the checkpoint's
	one.Tensor("w", nn.Const(0), order, 2, 3)
	two.Tensor("w", nn.Const(0), order, 2, 3)
	p, q := one.All()[0], two.All()[0]
	p.Set([]float32{1, 2, 3, 4, 5, 6})
	require.NoError(t, q.Copy(p))
	got, err := q.Get()
	require.NoError(t, err)
	require.Equal(t, []float32{1, 2, 3, 4, 5, 6}, got)

	none, err := q.TakeGrad()
	require.NoError(t, err)
	require.Nil(t, none)
	p.SetGrad([]float32{1, 1, 1, 1, 1, 1})
	q.SetGrad([]float32{1, 2, 3, 4, 5, 6})
	taken, err := q.TakeGrad()
	require.NoError(t, err)
	require.Nil(t, q.Tensor.Grad())
	nn.NewGraph(dev).AddGrad(p.Tensor, taken)
	sum, err := p.GetGrad()
	require.NoError(t, err)
	require.Equal(t, []float32{2, 3, 4, 5, 6, 7}, sum)
}
