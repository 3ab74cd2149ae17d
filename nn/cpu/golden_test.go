package cpu

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// upload returns a buffer that holds x.
func upload(d *Device, x ...float32) backend.Buffer {
	b := d.Alloc(len(x))
	d.Write(b, 0, x)
	return b
}

// download returns the contents of a buffer.
func download(t *testing.T, d *Device, b backend.Buffer) []float32 {
	t.Helper()
	x := make([]float32, b.Len())
	require.NoError(t, d.Read(b, 0, x))
	return x
}

// TestAttentionOfTwoTokens checks an attention worked out by hand: with q = (0, 1), k = (0, ln 3) and v = (1, 5),
// the first query has equal weights, the second 1/4 and 3/4.
func TestAttentionOfTwoTokens(t *testing.T) {
	for _, d := range []*Device{New(1), NewPlain()} {
		ln3 := float32(math.Log(3))
		q, k, v := upload(d, 0, 1), upload(d, 0, ln3), upload(d, 1, 5)
		o, lse := d.Alloc(2), d.Alloc(2)
		at := func(b backend.Buffer) backend.Heads { return backend.Heads{Buf: b, Batch: 2, Row: 1} }
		d.Attention(backend.Attention{Q: at(q), K: at(k), V: at(v), O: at(o), LSE: lse,
			B: 1, Heads: 1, Nq: 2, Nk: 2, D: 1, Dv: 1, Scale: 1})
		require.InDeltaSlice(t, []float32{3, 4}, download(t, d, o), 1e-6)
		require.InDeltaSlice(t, []float64{math.Log(2), math.Log(4)}, download(t, d, lse), 1e-6)
	}
}

// TestLayerNormOfKnownRow checks the row 1, 2, 3, 4, whose mean is 5/2 and whose variance is 5/4; with an eps of 1,
// the deviation is 3/2.
func TestLayerNormOfKnownRow(t *testing.T) {
	d := NewPlain()
	x, gamma, beta, y := upload(d, 1, 2, 3, 4), upload(d, 1, 1, 2, 2), upload(d, 0, 1, 0, 1), d.Alloc(4)
	d.LayerNorm(backend.LayerNorm{X: x, Gamma: gamma, Beta: beta, Y: y, Rows: 1, C: 4, Eps: 1})
	require.InDeltaSlice(t, []float32{-1, 1 - 1./3, 2. / 3, 3}, download(t, d, y), 1e-6)
}

// TestGELUOfKnownValues checks x*Phi(x) with values from tables of the normal distribution: Phi(1) = 0.8413447461,
// Phi(2) = 0.9772498681.
func TestGELUOfKnownValues(t *testing.T) {
	for _, d := range []*Device{New(1), NewPlain()} {
		x := upload(d, -2, -1, 0, 1, 2, 20, -20)
		d.Map(backend.Map{Op: backend.MapGELU, X: x, Y: x, N: 7})
		require.InDeltaSlice(t, []float64{-2 * 0.0227501319, -0.1586552539, 0, 0.8413447461, 2 * 0.9772498681, 20, 0},
			download(t, d, x), 2e-7)
	}
}

// TestMatMulOfTwoByTwo checks that [1 2; 3 4] [5 6; 7 8] = [19 22; 43 50], with both layouts of each operand.
func TestMatMulOfTwoByTwo(t *testing.T) {
	for _, d := range []*Device{New(1), NewPlain()} {
		a := map[bool]backend.Buffer{false: upload(d, 1, 2, 3, 4), true: upload(d, 1, 3, 2, 4)}
		b := map[bool]backend.Buffer{false: upload(d, 5, 6, 7, 8), true: upload(d, 5, 7, 6, 8)}
		for transA := range a {
			for transB := range b {
				c := d.Alloc(4)
				d.MatMul(backend.MatMul{A: a[transA], B: b[transB], C: c, M: 2, N: 2, K: 2,
					TransA: transA, TransB: transB, Batch: 1, Bias: upload(d, -30, 0), Act: backend.ReLU})
				require.Equal(t, []float32{0, 22, 13, 50}, download(t, d, c), "transA %v transB %v", transA, transB)
			}
		}
	}
}

// TestDepthwiseConvOfSmallImage checks a 3 x 3 kernel that subtracts the left neighbor from the right one, on the
// image 1 2 3 / 4 5 6, with 0 outside.
func TestDepthwiseConvOfSmallImage(t *testing.T) {
	d := NewPlain()
	x, y := upload(d, 1, 2, 3, 4, 5, 6), d.Alloc(6)
	w := upload(d, 0, 0, 0, -1, 0, 1, 0, 0, 0)
	d.DepthwiseConv(backend.DepthwiseConv{X: x, Weight: w, Bias: upload(d, 10), Y: y, B: 1, H: 2, W: 3, C: 1, K: 3})
	require.Equal(t, []float32{12, 12, 8, 15, 12, 5}, download(t, d, y))
}

// TestAdamWFirstStep checks that the first step moves every parameter by about LR against the sign of its gradient,
// after the decay.
func TestAdamWFirstStep(t *testing.T) {
	d := NewPlain()
	p, g, m, v := upload(d, 1, 1, 0), upload(d, 4, -0.5, 0), upload(d, 0, 0, 0), upload(d, 0, 0, 0)
	d.AdamW(backend.AdamW{Param: p, G: g, M: m, V: v, N: 3, LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8,
		WeightDecay: 0.1, GradScale: 1, Correction1: 0.1, Correction2: 0.001})
	require.InDeltaSlice(t, []float32{0.999 - 0.01, 0.999 + 0.01, 0}, download(t, d, p), 1e-6)
	require.InDeltaSlice(t, []float32{0.4, -0.05, 0}, download(t, d, m), 1e-6)
}

// TestMaskLossOfCoinTosses checks logits of 0, for which p = 1/2, BCE = ln 2 and focal = alpha_t * ln 2 / 4.
func TestMaskLossOfCoinTosses(t *testing.T) {
	d := NewPlain()
	out := d.Alloc(backend.MaskLossTerms)
	d.MaskLoss(backend.MaskLoss{X: upload(d, 0, 0), T: upload(d, 1, 0), Out: out, B: 1, P: 2, Repeat: 1, Alpha: 0.25})
	require.InDeltaSlice(t, []float64{math.Ln2 / 4, 0.5, 1, 1, 0, 1}, download(t, d, out), 1e-7)
}
