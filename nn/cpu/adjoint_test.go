package cpu

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
	"github.com/stretchr/testify/require"
)

// TestIm2ColAdjoint checks that Col2Im is the adjoint of Im2Col.
func TestIm2ColAdjoint(t *testing.T) {
	for _, a := range []backend.Im2Col{
		{B: 2, H: 9, W: 11, C: 3, KH: 7, KW: 7, Stride: 4, Pad: 3},
		{B: 1, H: 5, W: 4, C: 2, KH: 3, KW: 2, Stride: 1, Pad: 1},
		{B: 1, H: 2, W: 2, C: 1, KH: 3, KW: 3, Stride: 3, Pad: 4},
	} {
		oh, ow := a.OutSize()
		kerneltest.Adjoint(t, NewPlain(), kerneltest.Linear{
			In: a.B * a.H * a.W * a.C, Out: a.B * oh * ow * a.KH * a.KW * a.C,
			Forward: func(k backend.Kernels, x, y backend.Buffer) { a := a; a.X, a.Cols = x, y; k.Im2Col(a) },
			Adjoint: func(k backend.Kernels, dy, dx backend.Buffer) { a := a; a.X, a.Cols = dx, dy; k.Col2Im(a) },
		})
	}
}

// TestResampleAdjoint checks that Resample with the table of the transpose is the adjoint of bilinear doubling.
func TestResampleAdjoint(t *testing.T) {
	const outer, in, out, inner = 3, 5, 10, 2
	var up, down []float32 // [10,1+2] and [5,1+4]
	weights := make([][in]float32, out)
	for i := range out {
		at := max(0, (float32(i)+0.5)/2-0.5)
		start := min(int(at), in-1)
		w := [2]float32{1 - (at - float32(start)), at - float32(start)}
		if start == in-1 {
			w = [2]float32{1, 0}
		}
		up = append(up, float32(start), w[0], w[1])
		weights[i][start] = w[0]
		if start+1 < in {
			weights[i][start+1] = w[1]
		}
	}
	for j := range in {
		start := max(0, 2*j-1)
		down = append(down, float32(start))
		for k := range 4 {
			w := float32(0)
			if start+k < out {
				w = weights[start+k][j]
			}
			down = append(down, w)
		}
	}
	dev := NewPlain()
	upTable, downTable := dev.Alloc(len(up)), dev.Alloc(len(down))
	dev.Write(upTable, 0, up)
	dev.Write(downTable, 0, down)
	kerneltest.Adjoint(t, dev, kerneltest.Linear{
		In: outer * in * inner, Out: outer * out * inner,
		Forward: func(k backend.Kernels, x, y backend.Buffer) {
			k.Resample(backend.Resample{X: x, Y: y, Table: upTable, Taps: 2, Outer: outer, In: in, Out: out, Inner: inner})
		},
		Adjoint: func(k backend.Kernels, dy, dx backend.Buffer) {
			k.Resample(backend.Resample{X: dy, Y: dx, Table: downTable, Taps: 4, Outer: outer, In: out, Out: in, Inner: inner, Accumulate: true})
		},
	})
}

// TestCopyAdjoint checks that the copy from windows is the adjoint of the copy to windows.
func TestCopyAdjoint(t *testing.T) {
	const h, w, c = 6, 4, 3 // windows of 3 x 2
	dims := [5]int{h / 3, w / 2, 3, 2, c}
	grid, windows := [5]int{3 * w * c, 2 * c, w * c, c, 1}, [5]int{(w / 2) * 6 * c, 6 * c, 2 * c, c, 1}
	kerneltest.Adjoint(t, NewPlain(), kerneltest.Linear{
		In: h * w * c, Out: h * w * c,
		Forward: func(k backend.Kernels, x, y backend.Buffer) {
			k.Copy(backend.Copy{X: x, Y: y, Dims: dims, XStride: grid, YStride: windows})
		},
		Adjoint: func(k backend.Kernels, dy, dx backend.Buffer) {
			k.Copy(backend.Copy{X: dy, Y: dx, Dims: dims, XStride: windows, YStride: grid, Accumulate: true})
		},
	})
}

// TestRoPEAdjoint checks that the inverse rotation is the adjoint of the rotation.
func TestRoPEAdjoint(t *testing.T) {
	const b, n, c, rotated, period = 2, 7, 6, 5, 3
	dev := NewPlain()
	table := dev.Alloc(period * c)
	dev.Write(table, 0, normal(period*c))
	args := backend.RoPE{Table: table, B: b, N: n, C: c, Rotated: rotated, Period: period}
	kerneltest.Adjoint(t, dev, kerneltest.Linear{
		In: b * n * c, Out: b * n * c,
		Forward: func(k backend.Kernels, x, y backend.Buffer) { a := args; a.X, a.Y = x, y; k.RoPE(a) },
		Adjoint: func(k backend.Kernels, dy, dx backend.Buffer) {
			a := args
			a.X, a.Y, a.Inverse, a.Accumulate = dy, dx, true, true
			k.RoPE(a)
		},
	})
}

// TestDropoutIsItsOwnAdjoint checks that Dropout with the same seed is its own adjoint.
func TestDropoutIsItsOwnAdjoint(t *testing.T) {
	const n = 1000
	kerneltest.Adjoint(t, NewPlain(), kerneltest.Linear{
		In: n, Out: n,
		Forward: func(k backend.Kernels, x, y backend.Buffer) {
			k.Dropout(backend.Dropout{X: x, Y: y, N: n, Group: 3, Rate: 0.4, Seed: 9})
		},
		Adjoint: func(k backend.Kernels, dy, dx backend.Buffer) {
			k.Dropout(backend.Dropout{X: dy, Y: dx, N: n, Group: 3, Rate: 0.4, Seed: 9, Accumulate: true})
		},
	})
}

// TestDepthwiseConvAdjoint checks the backward pass as the adjoint in the image, and as the adjoint in the weights.
func TestDepthwiseConvAdjoint(t *testing.T) {
	const b, h, w, c, size = 2, 6, 5, 3, 5
	dev := NewPlain()
	image, weight := dev.Alloc(b*h*w*c), dev.Alloc(size*size*c)
	dev.Write(image, 0, normal(b*h*w*c))
	dev.Write(weight, 0, normal(size*size*c))
	forward := func(k backend.Kernels, x, wt, y backend.Buffer) {
		k.DepthwiseConv(backend.DepthwiseConv{X: x, Weight: wt, Y: y, B: b, H: h, W: w, C: c, K: size})
	}
	backward := func(k backend.Kernels, dy, dx, dw backend.Buffer) {
		k.DepthwiseConvBackward(backend.DepthwiseConvBackward{X: image, Weight: weight, DY: dy, DX: dx, DWeight: dw, B: b, H: h, W: w, C: c, K: size})
	}
	kerneltest.Adjoint(t, dev, kerneltest.Linear{
		In: b * h * w * c, Out: b * h * w * c,
		Forward: func(k backend.Kernels, x, y backend.Buffer) { forward(k, x, weight, y) },
		Adjoint: func(k backend.Kernels, dy, dx backend.Buffer) { backward(k, dy, dx, nil) },
	})
	kerneltest.Adjoint(t, dev, kerneltest.Linear{
		In: size * size * c, Out: b * h * w * c,
		Forward: func(k backend.Kernels, x, y backend.Buffer) { forward(k, image, x, y) },
		Adjoint: func(k backend.Kernels, dy, dx backend.Buffer) { backward(k, dy, nil, dx) },
	})
}

// TestMaxPoolMaskIsItsOwnAdjoint checks that the backward kernel puts each word where the forward kernel took it.
// For a given image, pooling is a mask M, so <x, M'Mx> must equal |Mx|^2.
func TestMaxPoolMaskIsItsOwnAdjoint(t *testing.T) {
	const b, h, w, c = 2, 7, 6, 3
	dev := NewPlain()
	image := dev.Alloc(b * h * w * c)
	dev.Write(image, 0, normal(b*h*w*c))
	pooled := b * (h / 2) * (w / 2) * c
	y, dx := dev.Alloc(pooled), dev.Alloc(b*h*w*c)
	dev.MaxPool(backend.MaxPool{X: image, Y: y, B: b, H: h, W: w, C: c})
	dev.Fill(backend.Fill{X: dx, N: b * h * w * c})
	dev.MaxPoolBackward(backend.MaxPoolBackward{X: image, DY: y, DX: dx, B: b, H: h, W: w, C: c})
	z := dev.Alloc(2)
	dev.Fill(backend.Fill{X: z, N: 2})
	dev.Dot(backend.Dot{X: image, Y: dx, Z: z, N: b * h * w * c, P: 1}) // <x, M'(M x)> = |M x|^2
	dev.Dot(backend.Dot{X: y, Y: y, Z: z, N: pooled, P: -1})
	var diff [1]float32
	require.NoError(t, dev.Read(z, 0, diff[:]))
	require.InDelta(t, 0, diff[0], 1e-5, "<x, M'Mx> - |Mx|^2")
}
