package flow

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// Settings of the refinement, as in OpenCV's implementation: the weights of smoothness, gradient constancy, and
// brightness constancy, and the numbers of iterations.
const (
	smoothness = 20.0
	gradients  = 10.0
	brightness = 5.0
	rounds     = 5      // times that the equations are set up
	sweeps     = 5      // relaxation sweeps in each round
	relaxation = 1.6    // factor of successive over-relaxation
	normalizer = 0.01   // zeta squared: keeps flat areas from counting
	robustness = 1.0e-6 // epsilon squared in the square-root penalty
)

// refinement holds the equations of one level: for every pixel, a 2 x 2 system for the change in its displacement,
// coupled to its neighbors by the smoothness term.
type refinement struct {
	simd.FlowPlane
	f             simd.Kernels
	ix, iy, iz    plane // spatial derivatives of brightness, and the difference between the slices
	ixx, ixy, iyy plane // second spatial derivatives
	ixz, iyz      plane // spatial derivatives of the difference
}

// refine smooths a field where the slices leave it undetermined and improves its fit elsewhere.
func refine(f *Field, source, target plane) {
	r, factor := newRefinement(f, source, target), []float32{relaxation}
	for range rounds {
		r.data()
		r.smooth()
		for range sweeps {
			r.f.FlowRelax(r.FlowPlane, 0, factor)
			r.f.FlowRelax(r.FlowPlane, 1, factor)
		}
	}
	f.DX, f.DY = r.U, r.V
}

// newRefinement computes the derivatives that stay the same in all rounds.
func newRefinement(f *Field, source, target plane) *refinement {
	n := f.H * f.W
	warped := plane{f.H, f.W, f.Warp(source.pix)}
	mean := newPlane(f.H, f.W)
	r := &refinement{f: simd.Detect(), iz: newPlane(f.H, f.W)}
	for i := range n {
		mean.pix[i] = (warped.pix[i] + target.pix[i]) / 2
		r.iz.pix[i] = warped.pix[i] - target.pix[i]
	}
	r.ix, r.iy = mean.gradient()
	r.ixx, r.ixy = r.ix.gradient()
	_, r.iyy = r.iy.gradient()
	r.ixz, r.iyz = r.iz.gradient()
	r.FlowPlane = simd.FlowPlane{H: f.H, W: f.W, U: slices.Clone(f.DX), V: slices.Clone(f.DY), DX: f.DX, DY: f.DY}
	for _, v := range []*[]float32{&r.DU, &r.DV, &r.A11, &r.A12, &r.A22, &r.B1, &r.B2, &r.Couple} {
		*v = make([]float32, n)
	}
	return r
}

// data sets up the terms for constant brightness and constant gradients, normalized to units of pixels.
func (r *refinement) data() {
	r.f.FlowBrightness(r.FlowEquations, r.ix.pix, r.iy.pix, r.iz.pix, r.DU, r.DV, []float32{brightness / 2, normalizer, robustness})
	r.f.FlowGradients(r.FlowEquations, r.ixx.pix, r.ixy.pix, r.iyy.pix, r.ixz.pix, r.iyz.pix, r.DU, r.DV,
		[]float32{gradients / 2, normalizer, robustness})
}

// smooth sets the weights of the smoothness term: lower where the field has an edge.
func (r *refinement) smooth() {
	factors := []float32{smoothness / 2, robustness}
	for y := range r.H {
		i, below, last := y*r.W, min(y+1, r.H-1)*r.W, r.W-1
		r.f.FlowSmoothness(r.Couple[i:][:last], r.U[i:], r.U[i+1:], r.U[below:], r.V[i:], r.V[i+1:], r.V[below:], factors)
		i, below = i+last, below+last // the last pixel has no right neighbor
		r.f.FlowSmoothness(r.Couple[i:][:1], r.U[i:], r.U[i:], r.U[below:], r.V[i:], r.V[i:], r.V[below:], factors)
	}
}
