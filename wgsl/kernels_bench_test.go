//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// BenchmarkMemory measures the kernels that are bound by memory, on shapes of the model at 1024 x 1024. It reports GB/s, counting
// every word that a kernel must read or write once:
//
//	go test ./wgsl -run '^$' -bench 'Memory/LayerNorm' -benchtime 20x
//
// LayerNorm is measured with both ways of dividing rows among threads.
func BenchmarkMemory(b *testing.B) {
	const (
		rows, c = 128 * 128, 192 // stage 2 of Hiera-T
		n       = rows * c
	)
	d := open(b, Options{})
	zeros := func(n int) backend.Buffer { return fill(d, make([]float32, n)) }
	x, y, z, row, small := zeros(n), zeros(n), zeros(n), zeros(c), zeros(c)
	kind := d.info.Kind
	layerNorm := func(kind AdapterKind) func() {
		return func() {
			d.info.Kind = kind
			d.LayerNorm(backend.LayerNorm{X: x, Gamma: row, Beta: row, Y: y, Rows: rows, C: c, Eps: 1e-6})
		}
	}
	table := zeros(rows * c)
	bilinear := fill(d, bilinearTable(128, 256))
	wide := zeros(4 * n)
	for _, k := range []struct {
		name  string
		moved int // words
		run   func()
	}{
		{"LayerNorm thread per row", 2 * n, layerNorm(Software)},
		{"LayerNorm lanes per row", 2 * n, layerNorm(Discrete)},
		{"LayerNormBackward", 4 * n, func() {
			d.LayerNormBackward(backend.LayerNormBackward{X: x, Gamma: row, DY: y, DX: z, DGamma: small, DBeta: small,
				Rows: rows, C: c, Eps: 1e-6})
		}},
		{"Map GELU", 2 * n, func() { d.Map(backend.Map{Op: backend.MapGELU, X: x, Y: y, N: n}) }},
		{"Zip add", 3 * n, func() { d.Zip(contiguous(x, y, z, n, c, 1)) }},
		{"Zip bias", 2 * n, func() { d.Zip(contiguous(x, row, z, n, c, 0)) }},
		{"Copy windows", 2 * n, func() { d.Copy(windows(x, y, c)) }},
		{"Copy transpose", 2 * n, func() {
			d.Copy(backend.Copy{X: x, Y: y, Dims: [5]int{1, 1, 1, c, rows}, XStride: [5]int{0, 0, 0, 1, c}, YStride: [5]int{0, 0, 0, rows, 1}})
		}},
		{"RoPE", 3 * n, func() {
			d.RoPE(backend.RoPE{X: x, Y: y, Table: table, B: 1, N: rows, C: c, Rotated: rows, Period: rows})
		}},
		{"Resample", 3 * n, func() {
			d.Resample(backend.Resample{X: x, Y: wide, Table: bilinear, Taps: 2, Outer: 1, In: 128, Out: 256, Inner: 128 * c})
		}},
		{"Sum rows", n, func() { d.Sum(backend.Sum{X: x, Y: small, Outer: 1, N: rows, Inner: c, P: 1}) }},
		{"Sum all", n, func() { d.Sum(backend.Sum{X: x, Y: small, Outer: 1, N: n, Inner: 1, P: 1}) }},
		{"Dot", 2 * n, func() { d.Dot(backend.Dot{X: x, Y: y, Z: small, N: n, P: 1}) }},
		{"MaxPool", n + n/4, func() { d.MaxPool(backend.MaxPool{X: x, Y: y, B: 1, H: 128, W: 128, C: c}) }},
		{"AdamW", 7 * n, func() {
			d.AdamW(backend.AdamW{Param: x, G: y, M: z, V: table, N: n, Correction1: 1, Correction2: 1, Eps: 1})
		}},
	} {
		b.Run(k.name, func(b *testing.B) {
			bench(b, d, k.run)
			b.ReportMetric(float64(4*k.moved)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GB/s")
		})
		d.info.Kind = kind
	}
}

// BenchmarkDepthwise measures the 7 x 7 convolution of the memory encoder, with and without groups of four channels.
func BenchmarkDepthwise(b *testing.B) {
	d := open(b, Options{})
	for _, k := range []struct {
		name string
		c    int
	}{{"channels 256", 256}, {"channels 257, no groups of four", 257}} {
		n := 64 * 64 * k.c
		x, y, dx := fill(d, make([]float32, n)), d.Alloc(n), fill(d, make([]float32, n))
		weight, dweight := fill(d, make([]float32, 49*k.c)), fill(d, make([]float32, 49*k.c))
		flop := float64(2 * 49 * n)
		b.Run(k.name, func(b *testing.B) {
			bench(b, d, func() {
				d.DepthwiseConv(backend.DepthwiseConv{X: x, Weight: weight, Y: y, B: 1, H: 64, W: 64, C: k.c, K: 7})
			})
			b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
		b.Run(k.name+", backward", func(b *testing.B) {
			bench(b, d, func() {
				d.DepthwiseConvBackward(backend.DepthwiseConvBackward{X: x, Weight: weight, DY: y, DX: dx, DWeight: dweight,
					B: 1, H: 64, W: 64, C: k.c, K: 7})
			})
			b.ReportMetric(2*flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
		})
	}
}

// bench runs f b.N times, after a run that compiles its kernels, and waits for the device.
func bench(b *testing.B, d *Device, f func()) {
	f()
	require.NoError(b, d.Sync())
	b.ResetTimer()
	for range b.N {
		f()
	}
	require.NoError(b, d.Sync())
	b.StopTimer()
}

// contiguous returns the call z = x + y for x [n/c,c] and y of the same shape, or [c] if yRow is 0.
func contiguous(x, y, z backend.Buffer, n, c, yRow int) backend.Zip {
	return backend.Zip{Op: backend.ZipAdd, X: x, Y: y, Z: z, Dims: [3]int{1, n / c, c},
		XStride: [3]int{0, c, 1}, YStride: [3]int{0, yRow * c, 1}, P: 1, Q: 1}
}

// windows returns the copy of a 128 x 128 grid of c channels to windows of 8 x 8.
func windows(x, y backend.Buffer, c int) backend.Copy {
	return backend.Copy{X: x, Y: y, Dims: [5]int{16, 16, 8, 8, c},
		XStride: [5]int{8 * 128 * c, 8 * c, 128 * c, c, 1}, YStride: [5]int{16 * 64 * c, 64 * c, 8 * c, c, 1}}
}

// bilinearTable returns a Resample table of two taps with weights of one half.
func bilinearTable(in, out int) []float32 {
	table := make([]float32, 3*out)
	for i := range out {
		table[3*i], table[3*i+1], table[3*i+2] = float32(min(i*in/out, in-2)), 0.5, 0.5
	}
	return table
}
