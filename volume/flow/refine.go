package flow

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// Settings of the refinement (OpenCV's for this method): weights of smoothness, of constant gradients and of constant
// brightness, and how often the equations are made anew and relaxed.
const (
	smoothness = 20.0
	gradients  = 10.0
	brightness = 5.0
	rounds     = 5
	relaxings  = 5
	relaxation = 1.6    // of successive over-relaxation
	normalizer = 0.01   // zeta squared: keeps flat places from counting
	robustness = 1.0e-6 // epsilon squared of the square-root penalty
)

// refinement holds the equations of one level: for every pixel, a 2 x 2 system for its change of displacement,
// coupled with its neighbors by the smoothness.
type refinement struct {
	simd.FlowPlane
	f             simd.Kernels
	ix, iy, iz    plane // derivatives of brightness by place, and the difference of the slices
	ixx, ixy, iyy plane
	ixz, iyz      plane
}

// refine makes a field smooth where the slices leave it open, and lets them fit better elsewhere.
func refine(f *Field, source, target plane) {
	r, factor := newRefinement(f, source, target), []float32{relaxation}
	for range rounds {
		r.data()
		r.smooth()
		for range relaxings {
			r.f.FlowRelax(r.FlowPlane, 0, factor)
			r.f.FlowRelax(r.FlowPlane, 1, factor)
		}
	}
	f.DX, f.DY = r.U, r.V
}

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

// data sets up the part of the equations that asks for equal brightness and equal gradients, each in units of pixels.
func (r *refinement) data() {
	r.f.FlowBrightness(r.FlowEquations, r.ix.pix, r.iy.pix, r.iz.pix, r.DU, r.DV, []float32{brightness / 2, normalizer, robustness})
	r.f.FlowGradients(r.FlowEquations, r.ixx.pix, r.ixy.pix, r.iyy.pix, r.ixz.pix, r.iyz.pix, r.DU, r.DV,
		[]float32{gradients / 2, normalizer, robustness})
}

// smooth weighs the smoothness: less where the field has an edge.
func (r *refinement) smooth() {
	factors := []float32{smoothness / 2, robustness}
	for y := range r.H {
		i, below, last := y*r.W, min(y+1, r.H-1)*r.W, r.W-1
		r.f.FlowSmoothness(r.Couple[i:][:last], r.U[i:], r.U[i+1:], r.U[below:], r.V[i:], r.V[i+1:], r.V[below:], factors)
		i, below = i+last, below+last // of the last pixel there is none to the right
		r.f.FlowSmoothness(r.Couple[i:][:1], r.U[i:], r.U[i:], r.U[below:], r.V[i:], r.V[i:], r.V[below:], factors)
	}
}
