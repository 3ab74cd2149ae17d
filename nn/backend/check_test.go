package backend_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// words is a buffer with this number of words.
type words int

func (w words) Len() int { return int(w) }

// TestEveryArgumentStructHasCheck checks that every argument struct has a Check, and that it refuses the zero value.
func TestEveryArgumentStructHasCheck(t *testing.T) {
	kernels := reflect.TypeFor[backend.Kernels]()
	for i := range kernels.NumMethod() {
		argument := reflect.Zero(kernels.Method(i).Type.In(0))
		checker, ok := argument.Interface().(interface{ Check() })
		require.True(t, ok, "%s has no method Check", argument.Type())
		require.Panics(t, checker.Check, argument.Type())
	}
}

// row returns n tokens of one head of width 4 in one buffer.
func row(n int) backend.Heads { return backend.Heads{Buf: words(4 * n), Row: 4} }

func attention() backend.Attention {
	return backend.Attention{Q: row(3), K: row(5), V: row(5), O: row(3), B: 1, Heads: 1, Nq: 3, Nk: 5, D: 4, Dv: 4}
}

func attentionBackward() backend.AttentionBackward {
	a := backend.AttentionBackward{Attention: attention(), DO: row(3), DQ: row(3), DK: row(5), DV: row(5)}
	a.LSE = words(3)
	return a
}

func matMul() backend.MatMul {
	return backend.MatMul{A: words(6), B: words(12), C: words(8), M: 2, N: 4, K: 3, Batch: 1}
}

// with returns a after a change.
func with[T any](a T, change func(*T)) T {
	change(&a)
	return a
}

// TestCheckAcceptsExactSizes checks that no Check asks for more than a call needs.
func TestCheckAcceptsExactSizes(t *testing.T) {
	n := words(4)
	for _, a := range []interface{ Check() }{
		matMul(), attention(), attentionBackward(),
		with(matMul(), func(a *backend.MatMul) { a.Batch, a.StrideC, a.C, a.Bias, a.Residual = 2, 8, words(16), n, words(16) }),
		backend.Im2Col{X: words(9), Cols: words(16), B: 1, H: 3, W: 3, C: 1, KH: 2, KW: 2, Stride: 1},
		backend.DepthwiseConv{X: n, Weight: words(9), Y: n, B: 1, H: 2, W: 2, C: 1, K: 3},
		backend.DepthwiseConvBackward{DY: n, DBias: words(1), B: 1, H: 2, W: 2, C: 1, K: 3},
		backend.DepthwiseConvBackward{DY: n, DX: n, Weight: words(9), B: 1, H: 2, W: 2, C: 1, K: 3},
		backend.DepthwiseConvBackward{DY: n, X: n, DWeight: words(9), B: 1, H: 2, W: 2, C: 1, K: 3},
		backend.MaxPool{X: words(15), Y: words(2), B: 1, H: 3, W: 5, C: 1},
		backend.MaxPoolBackward{X: words(15), DY: words(2), DX: words(15), B: 1, H: 3, W: 5, C: 1},
		backend.Resample{X: n, Y: words(2), Table: words(6), Taps: 2, Outer: 1, In: 4, Out: 2, Inner: 1},
		backend.LayerNorm{X: n, Gamma: words(2), Beta: words(2), Y: n, Rows: 2, C: 2},
		backend.LayerNormBackward{X: n, Gamma: words(2), DY: n, Rows: 2, C: 2},
		backend.RoPE{X: n, Y: n, Table: words(2), B: 1, N: 2, C: 2, Rotated: 2, Period: 1},
		backend.Map{X: n, Y: n, N: 4}, backend.MapBackward{Op: backend.MapGELU, X: n, DY: n, DX: n, N: 4},
		backend.Zip{X: n, Y: words(1), Z: n, Dims: [3]int{1, 1, 4}, XStride: [3]int{2: 1}},
		backend.Copy{X: n, Y: n, XOff: 3, Dims: [5]int{1, 1, 1, 1, 4}, XStride: [5]int{4: -1}, YStride: [5]int{4: 1}},
		backend.Fill{X: n, Off: 1, N: 3}, backend.Sum{X: n, Y: words(2), Outer: 1, N: 2, Inner: 2},
		backend.Dot{X: n, Y: n, Z: words(1), N: 4}, backend.Dropout{X: n, Y: n, N: 4, Group: 4},
		backend.MaskLoss{X: n, T: words(2), Out: words(12), B: 2, P: 2, Repeat: 2},
		backend.MaskLossBackward{X: n, T: words(2), G: words(6), DX: n, B: 2, P: 2, Repeat: 2},
		backend.AdamW{Param: n, G: n, M: n, V: n, N: 4},
	} {
		require.NotPanics(t, a.Check, "%#v", a)
	}
}

// TestCheckNamesWhatIsWrong checks the message for each mistake in a call.
func TestCheckNamesWhatIsWrong(t *testing.T) {
	n := words(4)
	for want, a := range map[string]interface{ Check() }{
		"backend.MatMul: got M, N, K, Batch = [0 4 3 1], want all at least 1": with(matMul(), func(a *backend.MatMul) { a.M = 0 }),
		"backend.MatMul: got strides 0, -1, 0, want none negative":            with(matMul(), func(a *backend.MatMul) { a.StrideB = -1 }),
		"backend.MatMul: got StrideC 7, want at least M*N = 8":                with(matMul(), func(a *backend.MatMul) { a.Batch, a.StrideC = 2, 7 }),
		"backend.MatMul: got Accumulate and Residual, want one of them":       with(matMul(), func(a *backend.MatMul) { a.Accumulate, a.Residual = true, a.C }),
		"backend.MatMul: got activation 3, want Identity, ReLU or GELU":       with(matMul(), func(a *backend.MatMul) { a.Act = backend.Sigmoid }),
		"backend.MatMul: got 6 words in A, want 9 from word 0":                with(matMul(), func(a *backend.MatMul) { a.M = 3 }),
		"backend.MatMul: got 3 words in Bias, want 4 from word 0":             with(matMul(), func(a *backend.MatMul) { a.Bias = words(3) }),
		"backend.Attention: got nil for K, want a buffer":                     with(attention(), func(a *backend.Attention) { a.K.Buf = nil }),
		"backend.Attention: got O with Batch 0 for 2 items, want a place for each": with(attention(), func(a *backend.Attention) {
			a.B = 2
		}),
		"backend.Attention: got 12 words in Q, want words 1..12 (offset 1, sizes [1 3 4], strides [0 4 1])": with(attention(), func(a *backend.Attention) {
			a.Q.Off = 1
		}),
		"backend.AttentionBackward: got nil for LSE, want the one of the forward pass": with(attentionBackward(), func(a *backend.AttentionBackward) {
			a.LSE = nil
		}),
		"backend.AttentionBackward: got 2 words in LSE, want 3 from word 0": with(attentionBackward(), func(a *backend.AttentionBackward) {
			a.LSE = words(2)
		}),
		"backend.Im2Col: got Pad -1, want 0 or more": backend.Im2Col{B: 1, H: 3, W: 3, C: 1, KH: 2, KW: 2, Stride: 1, Pad: -1},
		"backend.Im2Col: got an image of (3,3) padded by 0, want at least the kernel (4,2)": backend.Im2Col{
			B: 1, H: 3, W: 3, C: 1, KH: 4, KW: 2, Stride: 1},
		"backend.DepthwiseConv: got K = 4, want an odd kernel": backend.DepthwiseConv{B: 1, H: 2, W: 2, C: 1, K: 4},
		"backend.DepthwiseConvBackward: got nil for Weight, want a buffer": backend.DepthwiseConvBackward{
			DY: n, DX: n, B: 1, H: 2, W: 2, C: 1, K: 3},
		"backend.MaxPool: got an image of (1,4), want at least (2,2)":               backend.MaxPool{B: 1, H: 1, W: 4, C: 1},
		"backend.MaxPoolBackward: got 3 words in DY, want 4 from word 0":            backend.MaxPoolBackward{X: words(16), DY: words(3), B: 1, H: 4, W: 4, C: 1},
		"backend.Resample: got 4 words in Table, want 6 from word 0":                backend.Resample{X: n, Y: n, Table: n, Taps: 2, Outer: 1, In: 4, Out: 2, Inner: 1},
		"backend.LayerNorm: got Rows, C = [0 4], want all at least 1":               backend.LayerNorm{C: 4},
		"backend.LayerNormBackward: got one of DGamma and DBeta, want both or none": backend.LayerNormBackward{Rows: 1, C: 4, DBeta: n},
		"backend.RoPE: got C = 3, want an even number":                              backend.RoPE{B: 1, N: 1, C: 3, Period: 1},
		"backend.RoPE: got Rotated 2, want 0..1":                                    backend.RoPE{B: 1, N: 1, C: 2, Period: 1, Rotated: 2},
		"backend.Map: got function 9, want one of the MapOps":                       backend.Map{Op: 9, X: n, Y: n, N: 4},
		"backend.MapBackward: got function 0, want MapReLU, MapGELU or MapSigmoid":  backend.MapBackward{X: n, DY: n, DX: n, N: 4},
		"backend.Zip: got function 2, want ZipAdd or ZipMul":                        backend.Zip{Op: 2, Dims: [3]int{1, 1, 1}},
		"backend.Copy: got Dims = [1 1 0 1 1], want all at least 1":                 backend.Copy{Dims: [5]int{1, 1, 0, 1, 1}},
		"backend.Fill: got 4 words in X, want 3 from word 2":                        backend.Fill{X: n, Off: 2, N: 3},
		"backend.Fill: got 4 words in X, want 1 from word -1":                       backend.Fill{X: n, Off: -1, N: 1},
		"backend.Sum: got 4 words in X, want 6 from word 0":                         backend.Sum{X: n, Y: n, Outer: 1, N: 3, Inner: 2},
		"backend.Dot: got nil for Z, want a buffer":                                 backend.Dot{X: n, Y: n, N: 4},
		"backend.Dropout: got Rate 1, want 0 <= Rate < 1":                           backend.Dropout{X: n, Y: n, N: 4, Group: 1, Rate: 1},
		"backend.MaskLoss: got 3 masks, want a multiple of Repeat = 2":              backend.MaskLoss{B: 3, P: 1, Repeat: 2},
		"backend.MaskLossBackward: got 4 words in G, want 6 from word 0":            backend.MaskLossBackward{X: n, T: n, G: n, B: 2, P: 2, Repeat: 1},
		"backend.AdamW: got 4 words in V, want 5 from word 0":                       backend.AdamW{Param: words(5), G: words(5), M: words(5), V: n, N: 5},
	} {
		require.PanicsWithValue(t, want, a.Check)
	}
}
