package train

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestMutedPixelsCountForNothing checks that unknown pixels, whatever their logits, give the same loss sums as
// certain background, and get no gradient.
func TestMutedPixelsCountForNothing(t *testing.T) {
	const b, k, pixels = 2, 3, 50
	rng := rand.New(rand.NewPCG(1, 2))
	logits, truth, known := make([]float32, b*k*pixels), make([]float32, b*pixels), make([]float32, b*pixels)
	for i := range truth {
		known[i] = float32(rng.IntN(2))
		truth[i] = known[i] * float32(rng.IntN(2))
	}
	for i := range logits {
		logits[i] = float32(rng.NormFloat64())
	}
	derivatives := make([]float32, b*k*3)
	for i := range derivatives {
		derivatives[i] = float32(rng.NormFloat64())
	}
	compute := func() ([]nn.MaskSums, []float32) {
		g := nn.NewGraph(cpu.New(1))
		g.Record()
		x := g.Upload(logits, b*k, pixels).RequireGrad(true)
		y, target := muted(g, x, g.Upload(known, b, pixels)), g.Upload(truth, b, pixels)
		sums, err := g.MaskLossSums(y, target, k, focalAlpha)
		require.NoError(t, err)
		g.MaskLossGrad(y, target, k, focalAlpha, derivatives)
		g.Backward()
		grad, err := g.Read(x.Grad())
		require.NoError(t, err)
		return sums, grad
	}
	sums, grad := compute()
	for i := range logits {
		if at := i/pixels/k*pixels + i%pixels; known[at] == 0 {
			require.Zero(t, grad[i])
			logits[i] += float32(20 * rng.NormFloat64())
		}
	}
	again, gradAgain := compute()
	require.Equal(t, sums, again)
	require.Equal(t, grad, gradAgain)

	for i := range logits { // confident background on the unknown pixels, now all declared known
		if known[i/pixels/k*pixels+i%pixels] == 0 {
			logits[i] = mutedLogit
		}
	}
	for i := range known {
		known[i] = 1
	}
	certain, _ := compute()
	require.Equal(t, sums, certain)
}
