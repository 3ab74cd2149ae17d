package simd

import "fmt"

// AddRows adds rows of x, ldx words apart, to dst: dst[c] += sum_i x[i*ldx+c], i < rows, in the order of the rows. rows >= 1.
func (f *Kernels) AddRows(rows int, dst, x []float32, ldx int) {
	if rows < 1 || ldx < 0 || len(x) < (rows-1)*ldx+len(dst) {
		panic(fmt.Sprintf("simd.AddRows: got %d rows of %d words (stride %d) in %d words", rows, len(dst), ldx, len(x)))
	}
	f.addRows(rows, dst, x, ldx)
}

// AddRuns adds n runs of words: dst[i*ldd+c] += src[i*lds+c] for i < n, c < width. The runs of dst do not overlap: ldd >= width
// >= 1.
func (f *Kernels) AddRuns(n, width int, dst []float32, ldd int, src []float32, lds int) {
	if n < 1 || width < 1 || ldd < width || lds < 0 || len(dst) < (n-1)*ldd+width || len(src) < (n-1)*lds+width {
		panic(fmt.Sprintf("simd.AddRuns: got %d runs of %d words in %d (stride %d) and %d (stride %d)", n, width, len(dst), ldd, len(src), lds))
	}
	f.addRuns(n, width, dst, ldd, src, lds)
}

// rotations holds the rotations of pairs.
type rotations struct {
	rotate, rotateBack func(dst, x, angles []float32)
}

// Rotate rotates the pairs (x0, x1) of x by angles, given as pairs (cos, sin), to (x0*cos - x1*sin, x1*cos + x0*sin). dst may be
// x. Its length is even.
func (f *Kernels) Rotate(dst, x, angles []float32) {
	checkPairs("Rotate", dst)
	f.rotations.rotate(dst, x[:len(dst)], angles[:len(dst)])
}

// RotateBack is Rotate with negated angles.
func (f *Kernels) RotateBack(dst, x, angles []float32) {
	checkPairs("RotateBack", dst)
	f.rotations.rotateBack(dst, x[:len(dst)], angles[:len(dst)])
}

func checkPairs(name string, dst []float32) {
	if len(dst)%2 != 0 {
		panic(fmt.Sprintf("simd.%s: got %d words, want pairs", name, len(dst)))
	}
}

// slopes holds the gradients of activations that are not in sums.
type slopes struct {
	reluGradient, sigmoidGradient, addSigmoidGradient func(dst, x, y []float32)
}

// ReLUGradient sets dst[i] to y[i] if x[i] > 0, otherwise to 0. dst may be x or y.
func (f *Kernels) ReLUGradient(dst, x, y []float32) {
	f.slopes.reluGradient(dst, x[:len(dst)], y[:len(dst)])
}

// SigmoidGradient sets dst[i] = y[i] * sigmoid'(x[i]). dst may be x or y.
func (f *Kernels) SigmoidGradient(dst, x, y []float32) {
	f.slopes.sigmoidGradient(dst, x[:len(dst)], y[:len(dst)])
}

// AddSigmoidGradient adds y[i] * sigmoid'(x[i]) to dst[i].
func (f *Kernels) AddSigmoidGradient(dst, x, y []float32) {
	f.slopes.addSigmoidGradient(dst, x[:len(dst)], y[:len(dst)])
}
