package hiera_test

import (
	"math"
	"testing"

	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// padding is a device that requires padded windows.
type padding struct{ *cpu.Device }

func (padding) RepeatsKeys() bool { return false }

// apartTolerance is for features of about 1 and for gradients, relative to the largest of their parameter, after seven blocks
// in float32.
const apartTolerance = 1e-4

// TestWindowsAtTheEdge checks that a repeated key in place of a window's missing tokens gives the same features and gradients
// as padding, with less work. At 96 x 96, the grids of the last two stages are 6 and 3 wide, for windows of 4 and 2.
func TestWindowsAtTheEdge(t *testing.T) {
	config := hiera.Nano()
	config.Windows = [4]int{8, 4, 4, 2}
	type result struct{ stages, grads [][]float32 }
	var results []result
	var flop []float64
	for _, padded := range []bool{true, false} {
		dev := cpu.New(0)
		defer dev.Close()
		params, g := nn.NewParams(dev), nn.NewGraph(dev)
		if padded {
			params, g = nn.NewParams(padding{dev}), nn.NewGraph(padding{dev})
		}
		trunk := hiera.NewTrunk(params.In("trunk"), config)
		params.Initialize(1)
		pixels := make([]float32, 2*96*96*3)
		for i := range pixels {
			pixels[i] = float32(i*7919%1000)/500 - 1
		}
		g.Record()
		var r result
		for _, stage := range trunk.Forward(g, g.Upload(pixels, 2, 96, 96, 3)) {
			v, err := g.Read(stage)
			require.NoError(t, err)
			r.stages = append(r.stages, v)
			g.AddGrad(stage, v)
		}
		g.Backward()
		for _, p := range params.All() {
			v, err := g.Read(p.Tensor.Grad())
			require.NoError(t, err)
			r.grads = append(r.grads, v)
		}
		results, flop = append(results, r), append(flop, g.FLOP)
	}
	for i := range results[0].stages {
		require.InDeltaSlice(t, results[0].stages[i], results[1].stages[i], apartTolerance)
	}
	for i, want := range results[0].grads {
		largest := 0.0
		for _, v := range want {
			largest = max(largest, math.Abs(float64(v)))
		}
		require.InDeltaSlice(t, want, results[1].grads[i], apartTolerance*largest)
	}
	require.Less(t, flop[1], 0.95*flop[0])
}
