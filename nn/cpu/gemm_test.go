package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// randomWords returns n words between -1 and 1.
func randomWords(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = 2*rng.Float32() - 1
	}
	return x
}

// BenchmarkGEMM reports GFLOP/s of products that the network makes: linear layers (B transposed), gradients of weights
// (A transposed), a decoder's few tokens, windows.
func BenchmarkGEMM(b *testing.B) {
	for _, m := range []backend.MatMul{
		{M: 4096, N: 256, K: 4096},
		{M: 4096, N: 4096, K: 256},
		{M: 4096, N: 2048, K: 256, TransB: true, Act: backend.GELU},
		{M: 65536, N: 384, K: 96, TransB: true},
		{M: 384, N: 96, K: 65536, TransA: true, Accumulate: true},
		{M: 4096, N: 64, K: 256, TransB: true},
		{M: 8, N: 256, K: 256, TransB: true},
		{M: 4096, N: 1, K: 256},
		{M: 64, N: 64, K: 96, TransB: true, Batch: 1024},
	} {
		m.Batch = max(m.Batch, 1)
		name := fmt.Sprintf("%dx%dx%d-b%d-t%v%v-act%d", m.M, m.N, m.K, m.Batch, m.TransA, m.TransB, m.Act)
		b.Run(name, func(b *testing.B) {
			d := New(0)
			rng := rand.New(rand.NewPCG(1, 2))
			m.StrideA, m.StrideB, m.StrideC = m.M*m.K, m.K*m.N, m.M*m.N
			m.A = upload(d, randomWords(rng, m.Batch*m.StrideA)...)
			m.B = upload(d, randomWords(rng, m.Batch*m.StrideB)...)
			m.C = d.Alloc(m.Batch * m.StrideC)
			b.ResetTimer()
			for b.Loop() {
				d.MatMul(m)
			}
			flop := 2 * float64(m.Batch) * float64(m.M) * float64(m.N) * float64(m.K)
			b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
