package simd

import "fmt"

const (
	MaskLossTerms = 6 // sums of MaskLoss
	kernelTerms   = 8 // sums of the inner loop, from which they are computed
)

// maskLosses holds the inner loops of the mask losses, for whole vectors of pixels.
type maskLosses struct {
	sums     func(sums, x, t, c []float32)
	gradient func(dx, x, t, c []float32)
}

// maskChunk is the number of pixels that are summed in float32, before the sums are added in float64.
const maskChunk = 512

// padLogit is the logit of padding pixels: with a truth of 0, their probability and losses are 0.
const padLogit = -1000

// MaskLoss adds to sums those of the pixels with logits x and truth t, which is in 0..1: the focal loss with alpha (gamma is 2),
// p*t, p, t, the number of pixels with both x > 0 and t > 1/2, and the number with either.
func (f *Kernels) MaskLoss(sums *[MaskLossTerms]float64, x, t []float32, alpha float32) {
	c := [2]float32{1 - alpha, 2*alpha - 1}
	var lanes [kernelTerms * maxLanes]float32
	var parts [kernelTerms]float64 // focal, r*t, r, t, intersection, union, in, in*t with p = in + r
	width := f.lanes()
	f.eachMaskChunk(x, t, func(x, t []float32, _ int) {
		clear(lanes[:])
		f.maskLosses.sums(lanes[:kernelTerms*width], x, t, c[:])
		for i, v := range lanes[:kernelTerms*width] {
			parts[i/width] += float64(v)
		}
	})
	for i, part := range parts[:MaskLossTerms] {
		sums[i] += part
	}
	sums[1] += parts[7]
	sums[2] += parts[6]
}

// AddMaskLossGradient adds to dx the gradient of the sum over the pixels of g[0]*focal + g[1]*p*t + g[2]*p.
func (f *Kernels) AddMaskLossGradient(dx, x, t []float32, g [3]float32, alpha float32) {
	c := [5]float32{1 - alpha, 2*alpha - 1, g[0], g[1], g[2]}
	dx = dx[:len(x)]
	f.eachMaskChunk(x, t, func(x, t []float32, n int) {
		if n == len(x) {
			f.maskLosses.gradient(dx[:n], x, t, c[:])
		} else { // the last pixels, padded
			var last [maxLanes]float32
			copy(last[:], dx[:n])
			f.maskLosses.gradient(last[:len(x)], x, t, c[:])
			copy(dx[:n], last[:])
		}
		dx = dx[n:]
	})
}

// maxLanes is the largest number of words in a vector.
const maxLanes = 16

// lanes is the number of words in a vector.
func (f *Kernels) lanes() int { return f.NR / 2 }

// eachMaskChunk calls fn for chunks of pixels, padded to whole vectors; n of them are not padding.
func (f *Kernels) eachMaskChunk(x, t []float32, fn func(x, t []float32, n int)) {
	if len(x) != len(t) {
		panic(fmt.Sprintf("simd.MaskLoss: got %d logits and %d of the truth", len(x), len(t)))
	}
	for len(x) > 0 {
		n := min(maskChunk, len(x))
		if rest := n % f.lanes(); n > rest {
			n -= rest
			fn(x[:n], t[:n], n)
		} else {
			var lastX, lastT [maxLanes]float32
			for i := range lastX {
				lastX[i] = padLogit
			}
			copy(lastX[:], x)
			copy(lastT[:], t)
			fn(lastX[:f.lanes()], lastT[:f.lanes()], n)
		}
		x, t = x[n:], t[n:]
	}
}
