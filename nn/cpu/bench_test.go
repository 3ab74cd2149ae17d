package cpu

import (
	"fmt"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// The sizes are those of Hiera tiny, the memory attention and the fuser at 1024 x 1024. To run one:
//
//	go test ./nn/cpu -run '^$' -bench 'Rows/LayerNorm'

// bench measures call on a device, with a buffer of random numbers for each size, and reports work per nanosecond: GFLOP/s or
// GB/s.
func bench(b *testing.B, name string, work float64, unit string, sizes []int, call func(k backend.Kernels, buf []backend.Buffer)) {
	b.Run(name, func(b *testing.B) {
		d := New(0)
		defer d.Close()
		buf := make([]backend.Buffer, len(sizes))
		for i, n := range sizes {
			buf[i] = d.Alloc(n)
			chunk := normal(min(n, 1<<16))
			for off := 0; off < n; off += len(chunk) {
				d.Write(buf[i], off, chunk[:min(len(chunk), n-off)])
			}
		}
		call(d, buf)
		b.ResetTimer()
		for range b.N {
			call(d, buf)
		}
		b.ReportMetric(work*float64(b.N)/float64(b.Elapsed().Nanoseconds()), unit)
	})
}

// BenchmarkMatMul measures products of the network.
func BenchmarkMatMul(b *testing.B) {
	for _, s := range []struct {
		name    string
		m, n, k int
		act     backend.Activation
	}{
		{"stage 1 qkv", 65536, 288, 96, backend.Identity},
		{"stage 1 mlp up", 65536, 384, 96, backend.GELU},
		{"stage 1 mlp down", 65536, 96, 384, backend.Identity},
		{"stage 3 mlp up", 4096, 1536, 384, backend.GELU},
		{"memory feed-forward up", 4096, 2048, 256, backend.ReLU},
		{"decoder tokens", 8, 256, 256, backend.Identity},
	} {
		sizes := []int{s.m * s.k, s.k * s.n, s.m * s.n, s.n}
		bench(b, s.name, 2*float64(s.m)*float64(s.n)*float64(s.k), "GFLOP/s", sizes, func(k backend.Kernels, buf []backend.Buffer) {
			k.MatMul(backend.MatMul{A: buf[0], B: buf[1], C: buf[2], M: s.m, N: s.n, K: s.k, Batch: 1, Bias: buf[3], Act: s.act})
		})
	}
}

// BenchmarkAttention measures attentions of the network.
func BenchmarkAttention(b *testing.B) {
	for _, s := range []struct {
		name                    string
		b, heads, nq, nk, d, dv int
	}{
		{"windows of stage 1", 1024, 1, 64, 64, 96, 96},
		{"windows of stage 3", 25, 4, 196, 196, 96, 96},
		{"global of stage 3", 1, 4, 4096, 4096, 96, 96},
		{"memory self", 1, 1, 4096, 4096, 256, 256},
		{"memory cross", 1, 1, 4096, 28736, 256, 64},
	} {
		q, k, v, o := s.b*s.nq*s.heads*s.d, s.b*s.nk*s.heads*s.d, s.b*s.nk*s.heads*s.dv, s.b*s.nq*s.heads*s.dv
		at := func(buf backend.Buffer, tokens, width int) backend.Heads {
			return backend.Heads{Buf: buf, Batch: tokens * s.heads * width, Row: s.heads * width}
		}
		work := 2 * float64(s.b*s.heads) * float64(s.nq) * float64(s.nk) * float64(s.d+s.dv)
		bench(b, s.name, work, "GFLOP/s", []int{q, k, v, o}, func(k backend.Kernels, buf []backend.Buffer) {
			k.Attention(backend.Attention{Q: at(buf[0], s.nq, s.d), K: at(buf[1], s.nk, s.d), V: at(buf[2], s.nk, s.dv),
				O: at(buf[3], s.nq, s.dv), B: s.b, Heads: s.heads, Nq: s.nq, Nk: s.nk, D: s.d, Dv: s.dv, Scale: 0.1})
		})
	}
}

// BenchmarkConv measures convolutions, pooling and resizing.
func BenchmarkConv(b *testing.B) {
	for _, m := range []struct {
		name       string
		b, side, c int
	}{{"the fuser", 1, 64, 256}, {"the refiner, level 0", 4, 64, 32}, {"the refiner, level 1", 4, 32, 64}, {"the refiner, level 2", 4, 16, 96}, {"the refiner, level 3", 4, 8, 128}} {
		n := m.b * m.side * m.side * m.c
		bench(b, "depthwise 7x7 of "+m.name, 2*49*float64(n), "GFLOP/s", []int{n, 49 * m.c, m.c, n}, func(k backend.Kernels, buf []backend.Buffer) {
			k.DepthwiseConv(backend.DepthwiseConv{X: buf[0], Weight: buf[1], Bias: buf[2], Y: buf[3], B: m.b, H: m.side, W: m.side, C: m.c, K: 7})
		})
		bench(b, "depthwise 7x7 backward of "+m.name, 4*49*float64(n), "GFLOP/s", []int{n, 49 * m.c, n, n, 49 * m.c, m.c}, func(k backend.Kernels, buf []backend.Buffer) {
			k.DepthwiseConvBackward(backend.DepthwiseConvBackward{X: buf[0], Weight: buf[1], DY: buf[2], DX: buf[3], DWeight: buf[4],
				DBias: buf[5], B: m.b, H: m.side, W: m.side, C: m.c, K: 7})
		})
	}
	patches := backend.Im2Col{B: 1, H: 1024, W: 1024, C: 3, KH: 7, KW: 7, Stride: 4, Pad: 3}
	cols := 65536 * 147
	bench(b, "im2col of the patch embedding", 4*float64(cols+3<<20), "GB/s", []int{3 << 20, cols}, func(k backend.Kernels, buf []backend.Buffer) {
		a := patches
		a.X, a.Cols = buf[0], buf[1]
		k.Im2Col(a)
	})
	stem, size := backend.Im2Col{B: 4, H: 128, W: 128, C: 7, KH: 4, KW: 4, Stride: 2, Pad: 1}, 4*128*128*7
	bench(b, "col2im of the refiner's stem", 4*float64(6*size), "GB/s", []int{size, 4 * size}, func(k backend.Kernels, buf []backend.Buffer) {
		a := stem
		a.X, a.Cols = buf[0], buf[1]
		k.Col2Im(a)
	})
	const pool = 256 * 256 * 96
	bench(b, "max pool", 4*1.25*pool, "GB/s", []int{pool, pool / 4}, func(k backend.Kernels, buf []backend.Buffer) {
		k.MaxPool(backend.MaxPool{X: buf[0], Y: buf[1], B: 1, H: 256, W: 256, C: 96})
	})
	for _, axis := range []string{"columns", "rows"} { // one mask of 256 x 256 logits, resized to 1024
		a := backend.Resample{Taps: 2, Outer: 1, In: 256, Out: 1024, Inner: 1024}
		if axis == "columns" {
			a.Outer, a.Inner = 256, 1
		}
		in, out := a.Outer*a.In*a.Inner, a.Outer*a.Out*a.Inner
		bench(b, "bilinear 256 to 1024 "+axis, 4*float64(in+out), "GB/s", []int{in, out, a.Out * 3}, func(k backend.Kernels, buf []backend.Buffer) {
			a := a
			a.X, a.Y, a.Table = buf[0], buf[1], buf[2]
			k.Fill(backend.Fill{X: a.Table, N: a.Out * 3, Value: 0.5}) // start 0
			k.Resample(a)
		})
	}
}

// BenchmarkRows measures kernels that work row by row.
func BenchmarkRows(b *testing.B) {
	const n = 65536 * 96
	bench(b, "LayerNorm 65536x96", 8*n, "GB/s", []int{n, 96, 96, n}, func(k backend.Kernels, buf []backend.Buffer) {
		k.LayerNorm(backend.LayerNorm{X: buf[0], Gamma: buf[1], Beta: buf[2], Y: buf[3], Rows: 65536, C: 96, Eps: 1e-6})
	})
	bench(b, "LayerNorm backward 65536x96", 16*n, "GB/s", []int{n, 96, n, n, 96, 96}, func(k backend.Kernels, buf []backend.Buffer) {
		k.LayerNormBackward(backend.LayerNormBackward{X: buf[0], Gamma: buf[1], DY: buf[2], DX: buf[3], DGamma: buf[4], DBeta: buf[5],
			Rows: 65536, C: 96, Eps: 1e-6})
	})
	const tokens = 28672
	bench(b, "RoPE 28672x256", 8*tokens*256, "GB/s", []int{tokens * 256, tokens * 256, 4096 * 256}, func(k backend.Kernels, buf []backend.Buffer) {
		k.RoPE(backend.RoPE{X: buf[0], Y: buf[1], Table: buf[2], B: 1, N: tokens, C: 256, Rotated: tokens, Period: 4096})
	})
}

// BenchmarkElementwise measures kernels that work element by element, sums, and the optimizer.
func BenchmarkElementwise(b *testing.B) {
	const n = 65536 * 96
	for name, op := range map[string]backend.MapOp{"GELU": backend.MapGELU, "sigmoid": backend.MapSigmoid, "ReLU": backend.MapReLU} {
		bench(b, fmt.Sprintf("%s %d", name, n), 8*n, "GB/s", []int{n, n}, func(k backend.Kernels, buf []backend.Buffer) {
			k.Map(backend.Map{Op: op, X: buf[0], Y: buf[1], N: n})
		})
	}
	bench(b, "add", 12*n, "GB/s", []int{n, n, n}, func(k backend.Kernels, buf []backend.Buffer) {
		k.Zip(backend.Zip{X: buf[0], Y: buf[1], Z: buf[2], Dims: [3]int{1, 1, n}, XStride: [3]int{2: 1}, YStride: [3]int{2: 1}, P: 1, Q: 1})
	})
	bench(b, "add channels", 8*n, "GB/s", []int{n, 96}, func(k backend.Kernels, buf []backend.Buffer) {
		k.Zip(backend.Zip{X: buf[0], Y: buf[1], Z: buf[0], Dims: [3]int{1, 65536, 96}, XStride: [3]int{0, 96, 1}, YStride: [3]int{2: 1}, P: 1, Q: 1})
	})
	bench(b, "copy to windows", 8*n, "GB/s", []int{n, n}, func(k backend.Kernels, buf []backend.Buffer) {
		k.Copy(backend.Copy{X: buf[0], Y: buf[1], Dims: [5]int{32, 32, 8, 8, 96},
			XStride: [5]int{8 * 256 * 96, 8 * 96, 256 * 96, 96, 1}, YStride: [5]int{32 * 6144, 6144, 768, 96, 1}})
	})
	bench(b, "copy transposed 4096x256", 8<<20, "GB/s", []int{1 << 20, 1 << 20}, func(k backend.Kernels, buf []backend.Buffer) {
		k.Copy(backend.Copy{X: buf[0], Y: buf[1], Dims: [5]int{1, 1, 1, 4096, 256},
			XStride: [5]int{3: 256, 4: 1}, YStride: [5]int{3: 1, 4: 4096}})
	})
	bench(b, "sum of rows 65536x96", 4*n, "GB/s", []int{n, 96}, func(k backend.Kernels, buf []backend.Buffer) {
		k.Sum(backend.Sum{X: buf[0], Y: buf[1], Outer: 1, N: 65536, Inner: 96, P: 1})
	})
	bench(b, "dropout", 8*n, "GB/s", []int{n, n}, func(k backend.Kernels, buf []backend.Buffer) {
		k.Dropout(backend.Dropout{X: buf[0], Y: buf[1], N: n, Group: 1, Rate: 0.1, Seed: 1})
	})
	bench(b, "mask loss 4x1024x1024", 8*4<<20, "GB/s", []int{4 << 20, 1 << 20, 24}, func(k backend.Kernels, buf []backend.Buffer) {
		k.MaskLoss(backend.MaskLoss{X: buf[0], T: buf[1], Out: buf[2], B: 4, P: 1 << 20, Repeat: 4, Alpha: 0.25})
	})
	const params = 40_000_000
	bench(b, "AdamW 40M", 28*params, "GB/s", []int{params, params, params, params}, func(k backend.Kernels, buf []backend.Buffer) {
		k.Fill(backend.Fill{X: buf[3], N: params, Value: 1})
		k.AdamW(backend.AdamW{Param: buf[0], G: buf[1], M: buf[2], V: buf[3], N: params, LR: 1e-5, Beta1: 0.9, Beta2: 0.999,
			Eps: 1e-8, WeightDecay: 0.1, GradScale: 1, Correction1: 0.1, Correction2: 0.001})
	})
}
