package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

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

// BenchmarkGEMM reports the GFLOP/s of products in the network: linear layers (B transposed), gradients of weights (A
// transposed), the decoder's few tokens, and windows.
func BenchmarkGEMM(b *testing.B) {
	for _, m := range []backend.MatMul{
		{M: 4096, N: 256, K: 4096},
		{M: 4096, N: 4096, K: 256},
		{M: 4096, N: 2048, K: 256, TransB: true, Act: backend.GELU},
		{M: 65536, N: 384, K: 96, TransB: true},
		{M: 384, N: 96, K: 65536, TransA: true, Accumulate: true},
		{M: 4096, N: 64, K: 256, TransB: true},
		{M: 8, N: 256, K: 256, TransB: true},
		{M: 64, N: 256, K: 256, TransB: true},
		{M: 1024, N: 64, K: 64, TransB: true},
		{M: 1024, N: 32, K: 32, TransB: true},
		{M: 4096, N: 1, K: 256},
		{M: 64, N: 64, K: 96, TransB: true, Batch: 1024},
	} {
		m.Batch = max(m.Batch, 1)
		name := fmt.Sprintf("%dx%dx%d-b%d-t%v%v-act%d", m.M, m.N, m.K, m.Batch, m.TransA, m.TransB, m.Act)
		eachPrecision(b, name, func(b *testing.B, d *Device) {
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

// eachPrecision runs a benchmark in f32 and, if the machine supports it, in bf16.
func eachPrecision(b *testing.B, name string, run func(b *testing.B, d *Device)) {
	for _, precision := range []string{"f32", "bf16"} {
		b.Run(name+"/"+precision, func(b *testing.B) {
			d, err := Open(Options{Precision: precision})
			if err != nil {
				b.Skip(err)
			}
			run(b, d)
		})
	}
}

// TestThreadsDoNotChangeProducts checks that the number of threads changes no bit, so that training is reproducible.
// With these sizes, the number of threads changes the blocks.
func TestThreadsDoNotChangeProducts(t *testing.T) {
	for _, precision := range []string{"f32", "bf16"} {
		for _, m := range []backend.MatMul{
			{M: 700, N: 300, K: 600, Act: backend.GELU},
			{M: 100, N: 1300, K: 300, TransB: true},
			{M: 50, N: 40, K: 9000, TransA: true},
			{M: 65, N: 70, K: 80, Batch: 9},
		} {
			m.Batch = max(m.Batch, 1)
			m.StrideA, m.StrideB, m.StrideC = m.M*m.K, m.K*m.N, m.M*m.N
			var first []float32
			for threads := 1; threads < 6; threads++ {
				d, err := Open(Options{Threads: threads, Precision: precision})
				if err != nil {
					t.Log(err)
					break
				}
				rng := rand.New(rand.NewPCG(1, 2))
				m.A = upload(d, randomWords(rng, m.Batch*m.StrideA)...)
				m.B = upload(d, randomWords(rng, m.Batch*m.StrideB)...)
				m.Bias = upload(d, randomWords(rng, m.N)...)
				m.C = d.Alloc(m.Batch * m.StrideC)
				d.MatMul(m)
				c := download(t, d, m.C)
				if first == nil {
					first = c
				}
				require.Equal(t, first, c, "%dx%dx%d on %d threads in %s", m.M, m.N, m.K, threads, precision)
			}
		}
	}
}

// TestScratchIsReused checks that scratch memory comes from the pool, so that a second call needs no more.
func TestScratchIsReused(t *testing.T) {
	d := New(2)
	m := backend.MatMul{A: d.Alloc(300 * 300), B: d.Alloc(300 * 300), C: d.Alloc(300 * 300), M: 300, N: 300, K: 300, Batch: 1}
	live := d.Memory().Live
	d.MatMul(m)
	once := d.Memory()
	require.Equal(t, live, once.Live)
	require.Greater(t, once.Peak, live)
	d.MatMul(m)
	require.Equal(t, once, d.Memory())
}
