package train_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// BenchmarkStep measures optimiser steps of nano at 256 x 256 on the CPU.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct{ frames, objects int }{{4, 1}, {4, 2}, {8, 2}} {
		b.Run(fmt.Sprintf("nano-256-%dframes-%dobjects", c.frames, c.objects), func(b *testing.B) {
			r := train.Scratch()
			r.Frames, r.MaxObjects = c.frames, c.objects
			dev := cpu.New(0)
			m, err := slmsam.New(dev, slmsam.Nano())
			require.NoError(b, err)
			require.NoError(b, m.Initialise(1))
			speed, err := train.Bench(context.Background(), nn.NewGraph(dev), m, twoCases(), r, b.N)
			require.NoError(b, err)
			b.ReportMetric(speed.SecondsPerStep, "s/step")
			b.ReportMetric(speed.GFLOPPerSecond, "GFLOP/s")
			b.ReportMetric(float64(speed.PeakMemoryBytes)/(1<<20), "MiB")
		})
	}
}

// BenchmarkClip measures what prepares a clip: it must be far below a step.
func BenchmarkClip(b *testing.B) {
	s := train.NewSampler(twoCases(), train.Scratch(), 256)
	for n := range b.N {
		_, err := s.Clip(n)
		require.NoError(b, err)
	}
}
