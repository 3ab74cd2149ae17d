package decoder_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// refine runs a newly initialized refiner on random views of two objects, after set, unless it is nil, and change.
func refine(t *testing.T, side int, apart bool, set func(*nn.Params), change func(view []float32)) (mask, score []float32) {
	t.Helper()
	const objects, signs = 2, 5
	dev := cpu.New(2)
	params := nn.NewParams(dev)
	r := decoder.NewRefiner(params, signs, 32, apart)
	params.Initialize(3)
	if set != nil {
		set(params)
	}
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

// brighten adds to the first 16 pixels of the first object's slice.
func brighten(view []float32) {
	for i := range 16 * decoder.PriorViews {
		view[i] += 3
	}
}

// TestRefinerSeesAllOfTheSlice checks that pixels in a corner affect the mask in the opposite corner, and that objects do not
// affect each other, whether or not presence has a contracting path of its own.
func TestRefinerSeesAllOfTheSlice(t *testing.T) {
	for _, side := range []int{32, 64, 128} {
		for _, apart := range []bool{false, true} {
			mask, score := refine(t, side, apart, nil, func([]float32) {})
			other, otherScore := refine(t, side, apart, nil, brighten)
			n := side * side
			require.NotEqual(t, mask[0], other[0])
			require.NotEqual(t, mask[n-16:n], other[n-16:n], "the opposite corner")
			require.NotEqual(t, score[0], otherScore[0])
			require.Equal(t, mask[n:], other[n:])
			require.Equal(t, score[1], otherScore[1])
		}
	}
}

// TestPresenceApart checks that what makes masks and what judges presence have no parameter in common.
func TestPresenceApart(t *testing.T) {
	const side = 32
	mask, score := refine(t, side, true, nil, func([]float32) {})
	louder := func(name string) func(*nn.Params) {
		return func(p *nn.Params) {
			for _, q := range p.All() {
				if q.Name == name {
					v, err := q.Get()
					require.NoError(t, err)
					for i := range v {
						v[i] *= 1.5
					}
					q.Set(v)
				}
			}
		}
	}
	for name, judges := range map[string]bool{"stem.weight": false, "down.2.step.weight": false, "up.1.step.weight": false,
		"presence.stem.weight": true, "presence.down.2.step.weight": true, "presence.signs.weight": true, "score.layers.0.weight": true} {
		otherMask, otherScore := refine(t, side, true, louder(name), func([]float32) {})
		require.Equal(t, judges, slices.Equal(mask, otherMask), name)
		require.Equal(t, judges, !slices.Equal(score, otherScore), name)
	}
}
