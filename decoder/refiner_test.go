package decoder_test

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// refine runs a newly initialized refiner on random views of two objects, after change.
func refine(t *testing.T, side int, change func(view []float32)) (mask, score []float32) {
	t.Helper()
	const objects, signs = 2, 5
	dev := cpu.New(2)
	params := nn.NewParams(dev)
	r := decoder.NewRefiner(params, signs, 32)
	params.Initialize(3)
	rng := rand.New(rand.NewPCG(1, uint64(side)))
	random := func(n int) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(rng.NormFloat64())
		}
		return out
	}
	view := random(objects * side * side * decoder.PriorViews)
	change(view)
	g := nn.NewGraph(dev)
	m, s := r.Forward(g, g.Upload(view, objects, side, side, decoder.PriorViews), g.Upload(random(objects*signs), objects, signs),
		g.Upload(random(objects*side*side), objects, side, side, 1))
	require.Equal(t, []int{objects, side, side, 1}, m.Shape)
	require.Equal(t, []int{objects, 1}, s.Shape)
	mask, err := g.Read(m)
	require.NoError(t, err)
	score, err = g.Read(s)
	require.NoError(t, err)
	return mask, score
}

// TestRefinerSeesAllOfTheSlice checks that a pixel affects the mask in the opposite corner, and that objects do not
// affect each other.
func TestRefinerSeesAllOfTheSlice(t *testing.T) {
	for _, side := range []int{32, 64, 128} {
		mask, score := refine(t, side, func([]float32) {})
		other, otherScore := refine(t, side, func(view []float32) { view[0] += 3 }) // in a corner of the first object
		n := side * side
		require.NotEqual(t, mask[0], other[0])
		require.NotEqual(t, mask[n-1], other[n-1], "the opposite corner")
		require.NotEqual(t, score[0], otherScore[0])
		require.Equal(t, mask[n:], other[n:])
		require.Equal(t, score[1], otherScore[1])
	}
}
