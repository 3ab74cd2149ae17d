//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// TestMatMulVariants runs the suite's products in every form, including those that are not the default on this adapter.
func TestMatMulVariants(t *testing.T) {
	for _, v := range variants() {
		t.Run(v.name, func(t *testing.T) {
			d := open(t, Options{})
			d.tuner.forced = &v
			large := !testing.Short() && (v == tiled128() || v == direct128()) // one form of each file
			kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{Large: large, Only: []string{"MatMul"}})
		})
	}
}

// BenchmarkMatMul measures the GFLOP/s of every form on shapes of the model: a trunk MLP, the score and value products of memory
// attention, and a weight gradient.
func BenchmarkMatMul(b *testing.B) {
	shapes := []backend.MatMul{
		{M: 512, N: 512, K: 512},
		{M: 4096, N: 768, K: 192},
		{M: 1024, N: 4096, K: 256, TransB: true},
		{M: 4096, N: 64, K: 4096},
		{M: 384, N: 96, K: 16384, TransA: true},
	}
	for _, v := range variants() {
		for _, s := range shapes {
			b.Run(fmt.Sprintf("%s/%dx%dx%d", v.name, s.M, s.N, s.K), func(b *testing.B) { benchmarkMatMul(b, v, s) })
		}
	}
}

func benchmarkMatMul(b *testing.B, v variant, s backend.MatMul) {
	d := open(b, Options{})
	d.tuner.forced = &v
	s.A, s.B, s.C, s.Batch = d.Alloc(s.M*s.K), d.Alloc(s.K*s.N), d.Alloc(s.M*s.N), 1
	d.Fill(backend.Fill{X: s.A, N: s.M * s.K, Value: 0.5})
	d.Fill(backend.Fill{X: s.B, N: s.K * s.N, Value: 0.25})
	d.MatMul(s) // compiles
	require.NoError(b, d.Sync())
	began := time.Now()
	for b.Loop() {
		d.MatMul(s)
		require.NoError(b, d.Sync())
	}
	flop := 2 * float64(s.M) * float64(s.N) * float64(s.K) * float64(b.N)
	b.ReportMetric(flop/time.Since(began).Seconds()/1e9, "GFLOP/s")
}
