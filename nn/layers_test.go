package nn_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// TestTimesScalesResults checks that a map times a scale has the results and gradients of the map followed by the
// scale.
func TestTimesScalesResults(t *testing.T) {
	const in, out, rows = 5, 3, 4
	results := func(folded bool) (values [][]float32) {
		dev := cpu.New(1)
		params := nn.NewParams(dev)
		l := params.ScaledLinear("map", in, out)
		scale := params.Tensor("scale", nn.Const(0.7), nil, out)
		params.Initialize(3)
		g := nn.NewGraph(dev)
		x := make([]float32, rows*in)
		for i := range x {
			x[i] = float32(i%7) - 3
		}
		for _, p := range params.All() {
			p.Tensor.RequireGrad(true)
		}
		g.Record()
		var y *nn.Tensor
		if folded {
			y = l.Times(g, scale).Forward(g, g.Upload(x, rows, in))
		} else {
			y = g.Mul(l.Forward(g, g.Upload(x, rows, in)), scale)
		}
		g.AddGrad(y, x[:rows*out])
		g.Backward()
		all := []*nn.Tensor{y}
		for _, p := range params.All() {
			all = append(all, p.Tensor.Grad())
		}
		for _, of := range all {
			v, err := g.Read(of)
			require.NoError(t, err)
			values = append(values, v)
		}
		return values
	}
	want, got := results(false), results(true)
	for i := range want {
		require.InDeltaSlice(t, want[i], got[i], 1e-5)
	}
}
