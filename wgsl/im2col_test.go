//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
)

// TestPatchesSplit lowers the limits so that images with wide and narrow borders are split into pieces of a few rows, and
// compares patches and their adjoint with the CPU's.
func TestPatchesSplit(t *testing.T) {
	const limit = 1600 // words of a binding
	d, ref := open(t, Options{MaxBindingBytes: 4 * limit}), cpu.NewPlain()
	for _, a := range []backend.Im2Col{
		{B: 1, H: 40, W: 9, C: 3, KH: 3, KW: 3, Stride: 5, Pad: 20},
		{B: 2, H: 20, W: 7, C: 2, KH: 7, KW: 7, Stride: 1, Pad: 0},
		{B: 3, H: 33, W: 6, C: 4, KH: 2, KW: 2, Stride: 2, Pad: 0},
		{B: 1, H: 400, W: 3, C: 5, KH: 1, KW: 1, Stride: 3, Pad: 2},
	} {
		t.Run(fmt.Sprintf("%dx%dx%d k%d s%d p%d", a.H, a.W, a.C, a.KH, a.Stride, a.Pad), func(t *testing.T) {
			gotCols, gotX := patches(t, d, a)
			wantCols, wantX := patches(t, ref, a)
			require.Equal(t, wantCols, gotCols)
			require.InDeltaSlice(t, wantX, gotX, 1e-3)
		})
	}
}

// patches returns Im2Col of the words 1, 2, 3, ... / 100 and Col2Im of the result.
func patches(t *testing.T, d backend.Device, a backend.Im2Col) (cols, x []float32) {
	t.Helper()
	oh, ow := a.OutSize()
	x, cols = make([]float32, a.B*a.H*a.W*a.C), make([]float32, a.B*oh*ow*a.KH*a.KW*a.C)
	for i := range x {
		x[i] = float32(i+1) / 100
	}
	a.X, a.Cols = d.Alloc(len(x)), d.Alloc(len(cols))
	d.Write(a.X, 0, x)
	d.Im2Col(a)
	d.Col2Im(a)
	require.NoError(t, d.Read(a.Cols, 0, cols))
	require.NoError(t, d.Read(a.X, 0, x))
	return cols, x
}
