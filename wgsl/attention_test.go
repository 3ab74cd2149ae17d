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

// TestAttention compares attention and its backward pass with the CPU's, with few keys in the kernel for windows and
// through products.
func TestAttention(t *testing.T) {
	for _, keys := range []int{0, windowKeys} {
		t.Run(fmt.Sprintf("windowKeys%d", keys), func(t *testing.T) {
			d := open(t, Options{})
			d.limits.windowKeys = keys
			kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{
				Large: !testing.Short(), Only: []string{"Attention", "AttentionBackward"}})
		})
	}
}

// TestProductsSplit lowers the limits so that products and attention are split.
func TestProductsSplit(t *testing.T) {
	const words = 1 << 16
	d := open(t, Options{MaxBindingBytes: 4 * words, MaxWorkgroups: 37})
	d.limits.windowKeys = windowKeys
	kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{BindingWords: words,
		Only: []string{"MatMul", "Attention", "AttentionBackward"}})
}

// BenchmarkAttention measures GFLOP/s on shapes of the model at 1024 x 1024: windows of the trunk's stages, a part of
// a global block, memory attention, the decoder's two directions.
func BenchmarkAttention(b *testing.B) {
	for _, s := range []struct{ b, heads, nq, nk, d, dv int }{
		{256, 1, 64, 64, 96, 96},
		{25, 4, 196, 196, 96, 96},
		{1, 4, 1024, 4096, 96, 96},
		{1, 1, 512, 28736, 256, 64},
		{1, 8, 9, 4096, 16, 16},
		{1, 8, 4096, 9, 16, 16},
	} {
		b.Run(fmt.Sprintf("b%d_h%d_q%d_k%d_d%d_dv%d", s.b, s.heads, s.nq, s.nk, s.d, s.dv), func(b *testing.B) {
			d := open(b, Options{})
			head := func(n, width int) backend.Heads {
				row := s.heads * width
				buf := d.Alloc(s.b * n * row)
				d.Fill(backend.Fill{X: buf, N: s.b * n * row, Value: 0.1})
				return backend.Heads{Buf: buf, Batch: n * row, Row: row}
			}
			a := backend.Attention{Q: head(s.nq, s.d), K: head(s.nk, s.d), V: head(s.nk, s.dv), O: head(s.nq, s.dv),
				B: s.b, Heads: s.heads, Nq: s.nq, Nk: s.nk, D: s.d, Dv: s.dv, Scale: 0.1}
			d.Attention(a) // compiles
			require.NoError(b, d.Sync())
			began := time.Now()
			for b.Loop() {
				d.Attention(a)
				require.NoError(b, d.Sync())
			}
			flop := 2 * float64(s.b*s.heads*s.nq) * float64(s.nk*(s.d+s.dv)) * float64(b.N)
			b.ReportMetric(flop/time.Since(began).Seconds()/1e9, "GFLOP/s")
		})
	}
}
