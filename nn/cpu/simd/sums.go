package simd

import "fmt"

// sums holds the functions of rows that add to their destination or scale.
type sums struct {
	addGELUGradient, addReLUGradient, addMul func(dst, x, y []float32)
	addScaled, affine                        func(dst, x, c []float32)
	blend                                    func(dst, x, y, c []float32)
}

// AddGELUGradient adds y[i] * gelu'(x[i]) to dst[i].
func (f *Kernels) AddGELUGradient(dst, x, y []float32) {
	f.sums.addGELUGradient(dst, x[:len(dst)], y[:len(dst)])
}

// AddReLUGradient adds y[i] to dst[i] if x[i] > 0.
func (f *Kernels) AddReLUGradient(dst, x, y []float32) {
	f.sums.addReLUGradient(dst, x[:len(dst)], y[:len(dst)])
}

// AddMul adds x[i] * y[i] to dst[i].
func (f *Kernels) AddMul(dst, x, y []float32) { f.sums.addMul(dst, x[:len(dst)], y[:len(dst)]) }

// AddScaled adds p * x[i] to dst[i].
func (f *Kernels) AddScaled(dst []float32, p float32, x []float32) {
	c := [2]float32{p}
	f.sums.addScaled(dst, x[:len(dst)], c[:])
}

// Affine sets dst[i] = p*x[i] + q. dst may be x.
func (f *Kernels) Affine(dst []float32, p float32, x []float32, q float32) {
	c := [2]float32{p, q}
	f.sums.affine(dst, x[:len(dst)], c[:])
}

// Blend sets dst[i] = p*x[i] + q*y[i]. dst may be x or y.
func (f *Kernels) Blend(dst []float32, p float32, x []float32, q float32, y []float32) {
	c := [2]float32{p, q}
	f.sums.blend(dst, x[:len(dst)], y[:len(dst)], c[:])
}

// norms holds the functions of layer normalization.
type norms struct {
	forward  func(rows int, y, x, gamma, beta, c []float32)
	backward func(rows int, dx, dgamma, dbeta, x, dy, gamma, c []float32, add bool)
}

// LayerNorm normalizes contiguous rows of len(gamma) words to mean 0 and variance 1, with eps added to the variance, then
// multiplies by gamma and adds beta. y may be x.
func (f *Kernels) LayerNorm(y, x, gamma, beta []float32, eps float32) {
	n := len(gamma)
	if len(y) == 0 || len(y)%n != 0 {
		panic(fmt.Sprintf("simd.LayerNorm: got %d words in rows of %d", len(y), n))
	}
	c := [2]float32{1 / float32(n), eps}
	f.norms.forward(len(y)/n, y, x[:len(y)], gamma, beta[:n], c[:])
}

// LayerNormBackward stores the gradient of x in dx or, with add, adds it. It adds the gradients of gamma and beta, summed over
// the rows, to dgamma and dbeta.
func (f *Kernels) LayerNormBackward(dx, dgamma, dbeta, x, dy, gamma []float32, eps float32, add bool) {
	n := len(gamma)
	if len(dx) == 0 || len(dx)%n != 0 {
		panic(fmt.Sprintf("simd.LayerNormBackward: got %d words in rows of %d", len(dx), n))
	}
	c := [2]float32{1 / float32(n), eps}
	f.norms.backward(len(dx)/n, dx, dgamma[:n], dbeta[:n], x[:len(dx)], dy[:len(dx)], gamma, c[:], add)
}

// pools holds the functions of pooling.
type pools struct {
	maxPool            func(y, top, bottom []float32)
	addMaxPoolGradient func(dtop, dbottom, top, bottom, y []float32)
}

// MaxPool sets y [C] to the maximum of four pixels with C channels: two adjacent ones in top, and two in bottom.
func (f *Kernels) MaxPool(y, top, bottom []float32) {
	n := 2 * len(y)
	f.pools.maxPool(y, top[:n], bottom[:n])
}

// AddMaxPoolGradient adds dy [C], for each channel, to the gradient of the pixel with the maximum, the first one if several are
// equal.
func (f *Kernels) AddMaxPoolGradient(dtop, dbottom, top, bottom, dy []float32) {
	n := 2 * len(dy)
	f.pools.addMaxPoolGradient(dtop[:n], dbottom[:n], top[:n], bottom[:n], dy)
}
