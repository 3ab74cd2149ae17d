package train_test

import (
	"fmt"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// BenchmarkStep measures optimizer steps of nano on the CPU, on clips with one or two objects.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct{ size, together int }{{128, 1}, {128, 8}, {256, 1}, {256, 8}} {
		b.Run(fmt.Sprintf("nano-%d-together-%d", c.size, c.together), func(b *testing.B) {
			r := train.Scratch()
			r.MaxObjects, r.Together = 2, c.together
			dev := cpu.New(0)
			config := slmsam.Nano()
			config.ImageSize = c.size
			m, err := slmsam.New(dev, config)
			require.NoError(b, err)
			require.NoError(b, m.Initialize(1))
			speed, err := train.Bench(b.Context(), nn.NewGraph(dev), m, twoCases(), r, b.N)
			require.NoError(b, err)
			b.ReportMetric(speed.SecondsPerStep, "s/step")
			b.ReportMetric(speed.GFLOPPerSecond, "GFLOP/s")
			b.ReportMetric(float64(speed.PeakMemoryBytes)/(1<<20), "MiB")
		})
	}
}

// BenchmarkClip measures the preparation of a clip, which must take far less time than a step.
func BenchmarkClip(b *testing.B) {
	s := train.NewSampler(twoCases(), train.Scratch(), 256)
	for n := range b.N {
		_, err := s.Clip(n)
		require.NoError(b, err)
	}
}
