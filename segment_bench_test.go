package slmsam_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// BenchmarkSegment times a whole volume of 40 slices with four objects, and the correction of one object on one
// slice; docs/loop.md gives their ratio.
func BenchmarkSegment(b *testing.B) {
	dev := cpu.New(0)
	defer dev.Close()
	m, err := slmsam.Open(dev, "nano")
	require.NoError(b, err)
	r := fourObjects()
	full, err := m.Segment(b.Context(), r)
	require.NoError(b, err)
	for name, r := range map[string]slmsam.Request{"whole": r, "correction": corrected(b, m, r, full)} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				_, err := m.Segment(b.Context(), r)
				require.NoError(b, err)
			}
		})
	}
}
