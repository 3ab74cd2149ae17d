//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// attentionForms lists the forms of attention with the limits that choose them.
var attentionForms = []struct {
	name                   string
	windowKeys, fusedWidth int
}{{"products", 0, 0}, {"window", windowKeys, 0}, {"fused", 0, fusedWidth}}

// TestAttention compares attention and its backward pass with the CPU's, in each form: scores in a buffer, in workgroup memory
// if there are few keys, and in registers, a tile at a time.
func TestAttention(t *testing.T) {
	for _, form := range attentionForms {
		t.Run(form.name, func(t *testing.T) {
			d := open(t, Options{})
			d.limits.windowKeys, d.limits.fusedWidth = form.windowKeys, form.fusedWidth
			kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{
				Large: !testing.Short(), Only: []string{"Attention", "AttentionBackward"}})
		})
	}
}

// TestProductsSplit lowers the limits so that products and attention must be split, and compares them with the CPU's.
func TestProductsSplit(t *testing.T) {
	const words = 1 << 16
	d := open(t, Options{MaxBindingBytes: 4 * words, MaxWorkgroups: 37})
	for _, width := range []int{0, fusedWidth} {
		d.limits.windowKeys, d.limits.fusedWidth = windowKeys, width
		kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{BindingWords: words,
			Only: []string{"MatMul", "Attention", "AttentionBackward"}})
	}
}

// TestFusedAttentionOnRandomShapes compares fused attention with the CPU's for random numbers of items, heads,
// queries and keys and head widths up to 256, with the keys whole and in pieces. The device allows little work per
// submission, so that rows and items are split, too.
func TestFusedAttentionOnRandomShapes(t *testing.T) {
	d := open(t, Options{})
	d.limits.windowKeys, d.limits.fusedWidth = 0, fusedWidth
	d.limits.batchWork = 2e7
	plain := cpu.NewPlain()
	tolerance := kerneltest.Tolerance{Abs: 3e-5, Rel: 3e-5, Reason: "the same as the suite's for softmax"}
	rng := rand.New(rand.NewPCG(14, 6))
	for range 12 {
		b, heads, nq, nk := 1+rng.IntN(3), 1+rng.IntN(9), 1+rng.IntN(150), 1+rng.IntN(900)
		width, valueWidth := 1+rng.IntN(256), 1+rng.IntN(256)
		t.Run(fmt.Sprintf("b%d h%d q%d k%d d%d dv%d", b, heads, nq, nk, width, valueWidth), func(t *testing.T) {
			q, k, v := normals(rng, b*nq*heads*width), normals(rng, b*nk*heads*width), normals(rng, b*nk*heads*valueWidth)
			run := func(dev backend.Device) (o, lse []float32) {
				head := func(x []float32, tokens, width int) backend.Heads {
					buf := dev.Alloc(len(x))
					dev.Write(buf, 0, x)
					return backend.Heads{Buf: buf, Batch: tokens * heads * width, Row: heads * width}
				}
				o, lse = make([]float32, b*nq*heads*valueWidth), make([]float32, b*heads*nq)
				a := backend.Attention{Q: head(q, nq, width), K: head(k, nk, width), V: head(v, nk, valueWidth), O: head(o, nq, valueWidth),
					LSE: dev.Alloc(len(lse)), B: b, Heads: heads, Nq: nq, Nk: nk, D: width, Dv: valueWidth, Scale: float32(1 / math.Sqrt(float64(width)))}
				dev.Attention(a)
				require.NoError(t, dev.Read(a.O.Buf, 0, o))
				require.NoError(t, dev.Read(a.LSE, 0, lse))
				return o, lse
			}
			o, lse := run(d)
			wantO, wantLSE := run(plain)
			tolerance.Check(t, "O", o, wantO)
			tolerance.Check(t, "LSE", lse, wantLSE)
		})
	}
}

// normals returns n normal random numbers.
func normals(rng *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// BenchmarkAttention measures the GFLOP/s of each form on shapes of the model at 1024 x 1024: windows of the trunk's stages,
// part of a global block, part of the memory's cross- and self-attention, and the decoder's two directions.
func BenchmarkAttention(b *testing.B) {
	for _, s := range []struct{ b, heads, nq, nk, d, dv int }{
		{256, 1, 64, 64, 96, 96},
		{25, 4, 196, 196, 96, 96},
		{1, 4, 1024, 4096, 96, 96},
		{1, 1, 512, 28736, 256, 64},
		{1, 1, 512, 4096, 256, 256},
		{1, 8, 9, 4096, 16, 16},
		{1, 8, 4096, 9, 16, 16},
	} {
		for _, form := range attentionForms {
			if form.windowKeys > 0 && s.nk > form.windowKeys {
				continue
			}
			b.Run(fmt.Sprintf("%s_b%d_h%d_q%d_k%d_d%d_dv%d", form.name, s.b, s.heads, s.nq, s.nk, s.d, s.dv), func(b *testing.B) {
				d := open(b, Options{})
				d.limits.windowKeys, d.limits.fusedWidth = form.windowKeys, form.fusedWidth
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
}
