package main

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestWideRefinerFindsTheSame checks that a refiner with twice the channels gives the same masks and scores, and
// that the new channels are not copies.
func TestWideRefinerFindsTheSame(t *testing.T) {
	const objects, side, signs, width = 2, 32, 5, 4
	dev := cpu.New(1)
	declare := func(width int) (*nn.Params, *decoder.Refiner) {
		p := nn.NewParams(dev)
		return p, decoder.NewRefiner(p.In("prior").In("refiner"), signs, width, false)
	}
	from, narrow := declare(width)
	from.Initialize(3)
	to, wide := declare(2 * width)
	rng := rand.New(rand.NewPCG(seed, 0))
	for i, p := range from.All() {
		data, err := p.Get()
		require.NoError(t, err)
		w := doubled(checkpoint.NewF32(data, p.Shape...), to.All()[i].Shape, readFirst(p.Name), rng)
		to.All()[i].Set(w.Data)
		if p.Name == "prior.refiner.score.layers.1.weight" {
			n := len(data)
			require.Len(t, w.Data, 2*n)
			require.NotEqual(t, w.Data[:n], w.Data[n:], "the two halves of a weight")
		}
	}
	random := func(shape ...int) []float32 {
		n := 1
		for _, d := range shape {
			n *= d
		}
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(rng.NormFloat64())
		}
		return out
	}
	view, evidence, logits := random(objects, side, side, decoder.PriorViews), random(objects, signs), random(objects, side, side)
	find := func(r *decoder.Refiner) (mask, score []float32) {
		g := nn.NewGraph(dev)
		m, s := r.Forward(g, g.Upload(view, objects, side, side, decoder.PriorViews), g.Upload(evidence, objects, signs),
			g.Upload(logits, objects, side, side, 1))
		mask, err := g.Read(m)
		require.NoError(t, err)
		score, err = g.Read(s)
		require.NoError(t, err)
		return mask, score
	}
	mask, score := find(narrow)
	wideMask, wideScore := find(wide)
	require.InDeltaSlice(t, mask, wideMask, 1e-4)
	require.InDeltaSlice(t, score, wideScore, 1e-4)
}
