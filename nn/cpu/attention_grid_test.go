package cpu

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/internal/cputime"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// gridOf returns an attention to frames of a grid, with random operands and a rotary table.
func gridOf(d *Device, rng *rand.Rand, b, nq, side, frames, pointers, m, w, dv int) backend.GridAttention {
	heads := func(tokens, width int) backend.Heads {
		return backend.Heads{Buf: upload(d, randomWords(rng, b*tokens*width)...), Batch: tokens * width, Row: width}
	}
	a := backend.GridAttention{B: b, Nq: nq, Side: side, Frames: frames, Pointers: pointers, M: m, D: w, Dv: dv, Scale: 0.2}
	a.Q, a.Memory, a.O = heads(nq, w), heads(a.Places(), m), heads(nq, dv)
	a.V = heads(a.Places()+pointers, dv)
	if pointers > 0 {
		a.K = heads(pointers, w)
	}
	a.W, a.Bias = upload(d, randomWords(rng, m*w)...), upload(d, randomWords(rng, w)...)
	var table []float32
	for place := range side * side {
		for pair := range w / 2 {
			at := place % side
			if pair >= w/4 {
				at = place / side
			}
			sin, cos := math.Sincos(float64(at) / float64(pair%(w/4)+1))
			table = append(table, float32(cos), float32(sin))
		}
	}
	a.Table = upload(d, table...)
	return a
}

// TestGridAttention compares it with the attention to formed keys: rows of several blocks and blocks of several rows, more
// frames than the kernel takes at once, with and without pointers, queries and widths that are not a multiple of a vector's,
// and several items.
func TestGridAttention(t *testing.T) {
	for _, threads := range []int{1, 3} {
		eachLevel(t, threads, func(t *testing.T, d *Device) {
			for _, s := range [][8]int{ // B, Nq, Side, Frames, Pointers, M, D, Dv
				{1, 64, 8, 7, 4, 16, 32, 16},
				{3, 49, 7, 3, 0, 8, 16, 8},
				{2, 33, 5, 17, 9, 5, 12, 7},
				{1, 40, 4, 1, 250, 4, 4, 4},
				{1, 70, 13, 40, 3, 6, 8, 5},
				{1, 5, 1, 2, 1, 3, 8, 20},
				{1, 37, 64, 7, 28, 64, 256, 64},
				{2, 9, 3, 240, 0, 4, 8, 4},
			} {
				run := func(d *Device) []float32 {
					a := gridOf(d, rand.New(rand.NewPCG(7, 7)), s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])
					if s[0] == 2 { // shared queries, as in the first layer
						a.Q.Batch = 0
					}
					d.GridAttention(a)
					return download(t, d, a.O.Buf)
				}
				require.InDeltaSlice(t, run(NewPlain()), run(d), 3e-5, "%v", s)
			}
		})
	}
}

// bf16GridTolerance is for scores of about 1, from factors of 8 bits, that weight values of about 1.
const bf16GridTolerance = 0.02

// TestGridAttentionRounds compares it in bfloat16 with the attention to formed keys in float32.
func TestGridAttentionRounds(t *testing.T) {
	for _, s := range [][8]int{ // B, Nq, Side, Frames, Pointers, M, D, Dv
		{1, 64, 8, 7, 4, 16, 32, 16},
		{3, 49, 7, 3, 0, 8, 64, 7},
		{2, 50, 5, 17, 9, 6, 32, 8}, // two chunks of frames
		{1, 60, 13, 40, 3, 6, 32, 5},
		{1, 64, 64, 7, 28, 64, 256, 64},
		{1, 64, 8, 7, 4, 5, 32, 16},  // odd width: keys are formed
		{1, 16, 8, 7, 4, 16, 32, 16}, // few queries: float32
	} {
		var want []float32
		for threads := 0; threads < 4; threads += 3 {
			d := NewPlain()
			if threads > 0 {
				var err error
				if d, err = Open(Options{Precision: "bf16", Threads: threads}); err != nil {
					t.Skip(err)
				}
			}
			a := gridOf(d, rand.New(rand.NewPCG(7, 7)), s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7])
			a.Scale = 1 / float32(s[6]*s[5])
			d.GridAttention(a)
			got := download(t, d, a.O.Buf)
			if threads == 0 {
				want = got
				continue
			}
			require.InDeltaSlice(t, want, got, bf16GridTolerance, "%v", s)
		}
	}
}

// TestGridAttentionPays checks for which sizes the device prefers not to form the keys.
func TestGridAttentionPays(t *testing.T) {
	d := New(1)
	if d.kernels.MaxAxialKeys() == 0 {
		t.Skip(d.Name() + " has no kernel for it")
	}
	pays := func(side, frames int) bool {
		return d.GridAttentionPays(backend.GridAttention{Side: side, Frames: frames, M: 64, D: 256})
	}
	require.False(t, pays(64, 1), "the short memory of one slice")
	require.True(t, pays(64, 7))
	require.True(t, pays(32, 7))
	require.False(t, pays(64, blockKeys+1), "the keys of a place do not fit a block")
	require.False(t, NewPlain().GridAttentionPays(backend.GridAttention{Side: 64, Frames: 7, M: 64, D: 256}), "the specification forms the keys")
}

// TestGridAttentionPaysRounded checks the same in bfloat16.
func TestGridAttentionPaysRounded(t *testing.T) {
	d, err := Open(Options{Precision: "bf16"})
	if err != nil {
		t.Skip(err)
	}
	pays := func(side, frames, m, width int) bool {
		return d.GridAttentionPays(backend.GridAttention{Nq: side * side, Side: side, Frames: frames, M: m, D: width, Dv: m})
	}
	require.False(t, pays(64, 1, 64, 256))
	require.True(t, pays(64, 7, 64, 256))
	require.True(t, pays(32, 7, 64, 256))
	require.False(t, pays(16, 7, 24, 96), "too narrow")
}

// BenchmarkGridAttention compares it with forming the keys and the attention to them.
func BenchmarkGridAttention(b *testing.B) {
	for _, s := range [][6]int{{64, 2, 64, 64, 256, 64}, {64, 3, 64, 64, 256, 64}, {64, 7, 64, 64, 256, 64}, {32, 4, 64, 64, 256, 64}, {32, 7, 64, 64, 256, 64}, {16, 7, 64, 24, 96, 24}} {
		for _, precision := range []string{"f32", "bf16"} {
			for _, way := range []string{"separate", "formed"} {
				b.Run(fmt.Sprint(precision, way, s), func(b *testing.B) {
					d, err := Open(Options{Precision: precision})
					if err != nil {
						b.Skip(err)
					}
					a := gridOf(d, rand.New(rand.NewPCG(1, 2)), 1, s[0]*s[0], s[0], s[1], s[2], s[3], s[4], s[5])
					l := a.Places() + a.Pointers
					k := attentionOf(d, rand.New(rand.NewPCG(1, 2)), 1, 1, a.Nq, l, a.D, a.Dv)
					k.LSE = nil
					started := cputime.Seconds()
					for b.Loop() {
						if way == "separate" {
							d.GridAttention(a)
						} else {
							d.MatMul(backend.MatMul{A: a.V.Buf, B: a.W, C: k.K.Buf, M: l, N: a.D, K: a.M, Batch: 1, Bias: a.Bias})
							d.RoPE(backend.RoPE{X: k.K.Buf, Y: k.K.Buf, Table: a.Table, B: 1, N: l, C: a.D, Rotated: a.Places(), Period: a.Side * a.Side})
							d.Attention(k)
						}
					}
					b.ReportMetric(1000*(cputime.Seconds()-started)/float64(b.N), "processor-ms/op")
				})
			}
		}
	}
}
