package train

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMixedDrawsTheShare(t *testing.T) {
	real := Cases{{Name: "a"}, {Name: "b"}}
	m := mixed{real: real, share: 0.7, seed: 1}
	rng := rand.New(rand.NewPCG(1, 1))
	generated := 0
	const n = 200
	for range n {
		if byWeight(m, rng) >= real.Len() {
			generated++
		}
	}
	require.InDelta(t, 0.7*n, generated, 25)
	require.InDelta(t, 0.15, m.Weight(1), 1e-9)
}

func TestGeneratedCasesCanBeTrainedOn(t *testing.T) {
	m := mixed{real: Cases{}, share: 1, seed: 3}
	for i := range 5 {
		c, err := m.Case(i)
		require.NoError(t, err)
		require.NoError(t, c.Check())
		for o := range c.Objects {
			seen := false
			for z := range c.Len() {
				for _, v := range c.Visible(z) {
					seen = seen || v == o
				}
			}
			require.True(t, seen, "object %d of case %d is on some slice", o, i)
		}
	}
}
