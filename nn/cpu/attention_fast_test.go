package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// attentionOf returns an attention of random packed operands.
func attentionOf(d *Device, rng *rand.Rand, b, h, nq, nk, w, wv int) backend.Attention {
	heads := func(tokens, width int) backend.Heads {
		return backend.Heads{Buf: upload(d, randomWords(rng, b*tokens*h*width)...), Batch: tokens * h * width, Row: h * width}
	}
	a := backend.Attention{B: b, Heads: h, Nq: nq, Nk: nk, D: w, Dv: wv, Scale: 0.2}
	a.Q, a.K, a.V, a.O = heads(nq, w), heads(nk, w), heads(nk, wv), heads(nq, wv)
	a.LSE = d.Alloc(b * h * nq)
	return a
}

// attentionSizes are those of the models: memory, self, Hiera's global blocks and windows, the decoder's two directions, and
// the built-in model.
var attentionSizes = [][6]int{ // B, h, Nq, Nk, D, Dv
	{1, 1, 4096, 28736, 256, 64},
	{1, 1, 4096, 4096, 256, 256},
	{1, 4, 4096, 4096, 96, 96},
	{1024, 1, 64, 64, 96, 96},
	{36, 4, 196, 196, 96, 96},
	{2048, 2, 16, 16, 96, 96},
	{1, 8, 8, 4096, 16, 16},
	{1, 8, 4096, 8, 16, 16},
	{1, 1, 256, 1800, 64, 64},
}

// gemmPeak measures the GFLOP/s of a large product on d, with which the rest is compared.
func gemmPeak(d *Device) float64 {
	const n = 1024
	m := backend.MatMul{A: d.Alloc(n * n), B: d.Alloc(n * n), C: d.Alloc(n * n), M: n, N: n, K: n, Batch: 1}
	best := time.Duration(math.MaxInt64)
	for range 8 {
		start := time.Now()
		d.MatMul(m)
		best = min(best, time.Since(start))
	}
	return 2 * n * n * n / float64(best.Nanoseconds())
}

// BenchmarkFastAttention reports GFLOP/s of the two products forward or the five backward, and their share of what a
// large product reaches.
func BenchmarkFastAttention(b *testing.B) {
	for _, s := range attentionSizes {
		for _, pass := range []string{"forward", "backward"} {
			eachPrecision(b, fmt.Sprint(pass, s), func(b *testing.B, d *Device) {
				rng := rand.New(rand.NewPCG(1, 2))
				a := attentionOf(d, rng, s[0], s[1], s[2], s[3], s[4], s[5])
				run, width := func() { d.Attention(a) }, a.D+a.Dv
				if pass == "backward" {
					d.Attention(a)
					g := backwardOf(d, rng, a)
					run, width = func() { d.AttentionBackward(g) }, 3*a.D+2*a.Dv
				}
				for b.Loop() {
					run()
				}
				flop := 2 * float64(a.B) * float64(a.Heads) * float64(a.Nq) * float64(a.Nk) * float64(width)
				speed := flop * float64(b.N) / b.Elapsed().Seconds() / 1e9
				b.ReportMetric(speed, "GFLOP/s")
				b.ReportMetric(speed/gemmPeak(d), "of-GEMM")
			})
		}
	}
}

// backwardOf returns the backward pass of a, whose forward pass has run, with gradients of 1 to add to.
func backwardOf(d *Device, rng *rand.Rand, a backend.Attention) backend.AttentionBackward {
	like := func(t backend.Heads, value func(n int) []float32) backend.Heads {
		t.Buf = upload(d, value(t.Buf.Len())...)
		return t
	}
	ones := func(n int) []float32 {
		x := make([]float32, n)
		fill(x, 1)
		return x
	}
	noise := func(n int) []float32 { return randomWords(rng, n) }
	return backend.AttentionBackward{Attention: a, DO: like(a.O, noise), DQ: like(a.Q, ones), DK: like(a.K, ones), DV: like(a.V, ones)}
}

// TestThreadsDoNotChangeAttention checks that the number of threads changes no bit, whether threads share a head or
// not.
func TestThreadsDoNotChangeAttention(t *testing.T) {
	for _, s := range [][6]int{{1, 1, 300, 1000, 40, 24}, {3, 4, 100, 130, 16, 16}, {50, 1, 20, 33, 12, 7}} {
		var first [][]float32
		for threads := 1; threads < 6; threads++ {
			all := attentionResults(t, New(threads), s)
			if first == nil {
				first = all
			}
			require.Equal(t, first, all, "%v on %d threads", s, threads)
		}
	}
}

// TestBlocksOfAttention compares attentions of several blocks of keys and splits, groups of queries that are not full, and
// widths that are not a multiple of a vector's with the plain loops.
func TestBlocksOfAttention(t *testing.T) {
	eachLevel(t, 3, func(t *testing.T, d *Device) {
		for _, s := range [][6]int{{1, 1, 290, 1013, 33, 5}, {2, 1, 70, 250, 112, 144}, {1, 9, 257, 121, 4, 6}, {1, 2, 33, 481, 6, 64}} {
			want, got := attentionResults(t, NewPlain(), s), attentionResults(t, d, s)
			for i := range want {
				require.InDeltaSlice(t, want[i], got[i], 2e-5, "%v: output %d", s, i)
			}
		}
	})
}

// attentionResults runs an attention of random operands of the given sizes (see attentionSizes), forward and backward, and
// returns O, LSE, DQ, DK and DV.
func attentionResults(t *testing.T, d *Device, s [6]int) (out [][]float32) {
	rng := rand.New(rand.NewPCG(1, 2))
	a := attentionOf(d, rng, s[0], s[1], s[2], s[3], s[4], s[5])
	d.Attention(a)
	g := backwardOf(d, rng, a)
	d.AttentionBackward(g)
	for _, b := range []backend.Buffer{a.O.Buf, a.LSE, g.DQ.Buf, g.DK.Buf, g.DV.Buf} {
		out = append(out, download(t, d, b))
	}
	return out
}

// TestRepeatedKey checks that a last key that counts several times equals that many keys.
func TestRepeatedKey(t *testing.T) {
	const nq, nk, repeats = 5, 7, 4
	for _, d := range []*Device{NewPlain(), New(1)} {
		a := attentionOf(d, rand.New(rand.NewPCG(3, 1)), 1, 2, nq, nk, 8, 4)
		all := attentionOf(d, rand.New(rand.NewPCG(3, 1)), 1, 2, nq, nk+repeats-1, 8, 4)
		d.Write(all.Q.Buf, 0, download(t, d, a.Q.Buf))
		for _, h := range [][2]backend.Heads{{a.K, all.K}, {a.V, all.V}} {
			rows := download(t, d, h[0].Buf)
			last := rows[len(rows)-h[0].Row:]
			for range repeats - 1 {
				rows = append(rows, last...)
			}
			d.Write(h[1].Buf, 0, rows)
		}
		a.Repeats = repeats
		d.Attention(a)
		d.Attention(all)
		require.InDeltaSlice(t, download(t, d, all.O.Buf), download(t, d, a.O.Buf), 1e-6, d.Name())
		require.InDeltaSlice(t, download(t, d, all.LSE), download(t, d, a.LSE), 1e-6, d.Name())
	}
}
