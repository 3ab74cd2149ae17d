package main

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume/carry"
	"github.com/stretchr/testify/require"
)

// TestRegressionFindsTheWeights draws truths with known weights, and checks that the regression finds them.
func TestRegressionFindsTheWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	want := [terms]float64{0: 1, 3: -0.7, carry.Signs: 0.5}
	const n = 20000
	samples := make([]sample, n)
	for k := range samples {
		sum := want[carry.Signs]
		for i := range samples[k].signs {
			samples[k].signs[i] = float32(rng.NormFloat64())
			sum += want[i] * float64(samples[k].signs[i])
		}
		samples[k].present, samples[k].weight = rng.Float64() < 1/(1+math.Exp(-sum)), 1.0/n
	}
	for i, w := range regression(samples) {
		require.InDelta(t, want[i], w, 0.1, "weight %d", i)
	}
}
