package cpu

import (
	"fmt"
	"math/rand/v2"
	"testing"

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

// The attentions of the models: memory, self, Hiera's global blocks and windows, the decoder's two directions, nano.
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

// BenchmarkFlash reports GFLOP/s of both products together.
func BenchmarkFlash(b *testing.B) {
	for _, s := range attentionSizes {
		b.Run(fmt.Sprint(s), func(b *testing.B) {
			d := New(0)
			a := attentionOf(d, rand.New(rand.NewPCG(1, 2)), s[0], s[1], s[2], s[3], s[4], s[5])
			for b.Loop() {
				d.Attention(a)
			}
			flop := 2 * float64(a.B) * float64(a.Heads) * float64(a.Nq) * float64(a.Nk) * float64(a.D+a.Dv)
			b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}
