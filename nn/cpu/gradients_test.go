package cpu

import (
	"math/rand/v2"
	"testing"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// normal returns n normal random numbers, the same every time.
func normal(n int) []float32 {
	rng := rand.New(rand.NewPCG(3, uint64(n)))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64())
	}
	return x
}

// spread returns n numbers at least 1/16 from 0 and 1/4 from each other, in random order, so that finite differences do not
// step over a kink.
func spread(n int) []float32 {
	x := make([]float32, n)
	for i, j := range rand.New(rand.NewPCG(5, uint64(n))).Perm(n) {
		x[i] = (float32(j) - float32(n)/2 + 0.25) / 4
	}
	return x
}

// gradients compares the gradients of f with finite differences.
func gradients(t *testing.T, inputs [][]float32, f kerneltest.Function) {
	t.Helper()
	kerneltest.Gradients(t, NewPlain(), inputs, f)
}

// TestAttentionGradient checks the gradients of queries, keys and values, with keys and values per item and shared
// by all.
func TestAttentionGradient(t *testing.T) {
	const b, h, nq, nk, d, dv = 2, 2, 3, 4, 3, 2
	for _, shared := range []bool{false, true} { // K and V of one item for all
		items := b
		if shared {
			items = 1
		}
		at := func(buf backend.Buffer, tokens, width, items int) backend.Heads {
			p := backend.Heads{Buf: buf, Row: h * width}
			if items > 1 {
				p.Batch = tokens * p.Row
			}
			return p
		}
		var lse backend.Buffer
		args := func(x []backend.Buffer, y backend.Buffer) backend.Attention {
			return backend.Attention{Q: at(x[0], nq, d, b), K: at(x[1], nk, d, items), V: at(x[2], nk, dv, items),
				O: at(y, nq, dv, b), LSE: lse, B: b, Heads: h, Nq: nq, Nk: nk, D: d, Dv: dv, Scale: 0.7}
		}
		dev := NewPlain()
		lse = dev.Alloc(b * h * nq)
		kerneltest.Gradients(t, dev, [][]float32{normal(b * nq * h * d), normal(items * nk * h * d), normal(items * nk * h * dv)},
			kerneltest.Function{
				Out:     b * nq * h * dv,
				Forward: func(k backend.Kernels, x []backend.Buffer, y backend.Buffer) { k.Attention(args(x, y)) },
				Backward: func(k backend.Kernels, x []backend.Buffer, y, dy backend.Buffer, dx []backend.Buffer) {
					k.AttentionBackward(backend.AttentionBackward{Attention: args(x, y), DO: at(dy, nq, dv, b),
						DQ: at(dx[0], nq, d, b), DK: at(dx[1], nk, d, items), DV: at(dx[2], nk, dv, items)})
				},
			})
	}
}

// TestLayerNormGradient checks the gradients of the input, gamma and beta.
func TestLayerNormGradient(t *testing.T) {
	const rows, c = 3, 5
	gradients(t, [][]float32{normal(rows * c), normal(c), normal(c + 1)[1:]}, kerneltest.Function{
		Out: rows * c,
		Forward: func(k backend.Kernels, x []backend.Buffer, y backend.Buffer) {
			k.LayerNorm(backend.LayerNorm{X: x[0], Gamma: x[1], Beta: x[2], Y: y, Rows: rows, C: c, Eps: 0.1})
		},
		Backward: func(k backend.Kernels, x []backend.Buffer, y, dy backend.Buffer, dx []backend.Buffer) {
			k.LayerNormBackward(backend.LayerNormBackward{X: x[0], Gamma: x[1], DY: dy,
				DX: dx[0], DGamma: dx[1], DBeta: dx[2], Rows: rows, C: c, Eps: 0.1})
		},
	})
}

// TestDepthwiseConvGradient checks the gradients of the image, weights and bias.
func TestDepthwiseConvGradient(t *testing.T) {
	const b, h, w, c, size = 2, 3, 4, 2, 3
	gradients(t, [][]float32{normal(b * h * w * c), normal(size * size * c), normal(c)}, kerneltest.Function{
		Out: b * h * w * c,
		Forward: func(k backend.Kernels, x []backend.Buffer, y backend.Buffer) {
			k.DepthwiseConv(backend.DepthwiseConv{X: x[0], Weight: x[1], Bias: x[2], Y: y, B: b, H: h, W: w, C: c, K: size})
		},
		Backward: func(k backend.Kernels, x []backend.Buffer, y, dy backend.Buffer, dx []backend.Buffer) {
			k.DepthwiseConvBackward(backend.DepthwiseConvBackward{X: x[0], Weight: x[1], DY: dy,
				DX: dx[0], DWeight: dx[1], DBias: dx[2], B: b, H: h, W: w, C: c, K: size})
		},
	})
}

// TestMapGradient checks the gradients of ReLU, GELU and the sigmoid.
func TestMapGradient(t *testing.T) {
	const n = 33
	for _, op := range []backend.MapOp{backend.MapReLU, backend.MapGELU, backend.MapSigmoid} {
		gradients(t, [][]float32{spread(n)}, kerneltest.Function{
			Out: n,
			Forward: func(k backend.Kernels, x []backend.Buffer, y backend.Buffer) {
				k.Map(backend.Map{Op: op, X: x[0], Y: y, N: n})
			},
			Backward: func(k backend.Kernels, x []backend.Buffer, y, dy backend.Buffer, dx []backend.Buffer) {
				k.MapBackward(backend.MapBackward{Op: op, X: x[0], DY: dy, DX: dx[0], N: n})
			},
		})
	}
}

// TestMaxPoolGradient checks the gradient of pooling with an odd height, whose last row is ignored.
func TestMaxPoolGradient(t *testing.T) {
	const b, h, w, c = 2, 5, 4, 2
	gradients(t, [][]float32{spread(b * h * w * c)}, kerneltest.Function{
		Out: b * (h / 2) * (w / 2) * c,
		Forward: func(k backend.Kernels, x []backend.Buffer, y backend.Buffer) {
			k.MaxPool(backend.MaxPool{X: x[0], Y: y, B: b, H: h, W: w, C: c})
		},
		Backward: func(k backend.Kernels, x []backend.Buffer, y, dy backend.Buffer, dx []backend.Buffer) {
			k.MaxPoolBackward(backend.MaxPoolBackward{X: x[0], DY: dy, DX: dx[0], B: b, H: h, W: w, C: c})
		},
	})
}

// TestMaskLossGradient checks the gradient of a weighted sum of the first three terms; the others have none.
func TestMaskLossGradient(t *testing.T) {
	const b, p, repeat = 4, 5, 2
	dev := NewPlain()
	truth := dev.Alloc(b / repeat * p)
	dev.Write(truth, 0, []float32{1, 0, 1, 1, 0, 0, 0, 1, 0, 1})
	terms := dev.Alloc(b * backend.MaskLossTerms)
	kerneltest.Gradients(t, dev, [][]float32{normal(b * p)}, kerneltest.Function{
		Out: b * 3,
		Forward: func(k backend.Kernels, x []backend.Buffer, y backend.Buffer) {
			k.MaskLoss(backend.MaskLoss{X: x[0], T: truth, Out: terms, B: b, P: p, Repeat: repeat, Alpha: 0.25})
			k.Copy(backend.Copy{X: terms, Y: y, Dims: [5]int{1, 1, 1, b, 3},
				XStride: [5]int{3: backend.MaskLossTerms, 4: 1}, YStride: [5]int{3: 3, 4: 1}})
		},
		Backward: func(k backend.Kernels, x []backend.Buffer, y, dy backend.Buffer, dx []backend.Buffer) {
			k.MaskLossBackward(backend.MaskLossBackward{X: x[0], T: truth, G: dy, DX: dx[0], B: b, P: p, Repeat: repeat, Alpha: 0.25})
		},
	})
}
