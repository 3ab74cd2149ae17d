package flow

import "math"

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
	f             *Field
	ix, iy, iz    plane // derivatives of brightness by place, and the difference of the slices
	ixx, ixy, iyy plane
	ixz, iyz      plane
	du, dv        []float32 // change of the displacement
	a11, a12, a22 []float32
	b1, b2        []float32
	couple        []float32 // weight of the smoothness at each pixel
}

// refine makes a field smooth where the slices leave it open, and lets them fit better elsewhere.
func refine(f *Field, source, target plane) {
	r := newRefinement(f, source, target)
	for range rounds {
		r.data()
		r.smooth()
		for range relaxings {
			r.relax(0)
			r.relax(1)
		}
	}
	for i := range r.du {
		f.DX[i] += r.du[i]
		f.DY[i] += r.dv[i]
	}
}

func newRefinement(f *Field, source, target plane) *refinement {
	n := f.H * f.W
	warped := plane{f.H, f.W, f.Warp(source.pix)}
	mean := newPlane(f.H, f.W)
	r := &refinement{f: f, iz: newPlane(f.H, f.W)}
	for i := range n {
		mean.pix[i] = (warped.pix[i] + target.pix[i]) / 2
		r.iz.pix[i] = warped.pix[i] - target.pix[i]
	}
	r.ix, r.iy = mean.gradient()
	r.ixx, r.ixy = r.ix.gradient()
	_, r.iyy = r.iy.gradient()
	r.ixz, r.iyz = r.iz.gradient()
	for _, v := range []*[]float32{&r.du, &r.dv, &r.a11, &r.a12, &r.a22, &r.b1, &r.b2, &r.couple} {
		*v = make([]float32, n)
	}
	return r
}

// data sets up the part of the equations that asks for equal brightness and equal gradients, each in units of pixels.
func (r *refinement) data() {
	for i := range r.du {
		ix, iy, iz, du, dv := r.ix.pix[i], r.iy.pix[i], r.iz.pix[i], r.du[i], r.dv[i]
		norm := ix*ix + iy*iy + normalizer
		d := iz + ix*du + iy*dv
		w := brightness / 2 / root(d*d/norm+robustness) / norm
		a11, a12, a22 := w*ix*ix+normalizer, w*ix*iy, w*iy*iy+normalizer
		b1, b2 := -w*ix*iz, -w*iy*iz

		xx, xy, yy, xz, yz := r.ixx.pix[i], r.ixy.pix[i], r.iyy.pix[i], r.ixz.pix[i], r.iyz.pix[i]
		n1, n2 := 1/(xx*xx+xy*xy+normalizer), 1/(yy*yy+xy*xy+normalizer)
		dx, dy := xz+xx*du+xy*dv, yz+xy*du+yy*dv
		w = gradients / 2 / root(dx*dx*n1+dy*dy*n2+robustness)
		r.a11[i] = a11 + w*(xx*xx*n1+xy*xy*n2)
		r.a12[i] = a12 + w*(xx*xy*n1+xy*yy*n2)
		r.a22[i] = a22 + w*(xy*xy*n1+yy*yy*n2)
		r.b1[i] = b1 - w*(xx*xz*n1+xy*yz*n2)
		r.b2[i] = b2 - w*(xy*xz*n1+yy*yz*n2)
	}
}

// smooth weighs the smoothness: less where the field has an edge.
func (r *refinement) smooth() {
	h, w := r.f.H, r.f.W
	u := func(i int) float32 { return r.f.DX[i] + r.du[i] }
	v := func(i int) float32 { return r.f.DY[i] + r.dv[i] }
	for y := range h {
		for x := range w {
			i := y*w + x
			right, down := y*w+min(x+1, w-1), min(y+1, h-1)*w+x
			ux, uy, vx, vy := u(right)-u(i), u(down)-u(i), v(right)-v(i), v(down)-v(i)
			r.couple[i] = smoothness / 2 / root(ux*ux+uy*uy+vx*vx+vy*vy+robustness)
		}
	}
}

// relax solves the equations of every second pixel, as a chessboard's, with its neighbors held.
func (r *refinement) relax(color int) {
	h, w := r.f.H, r.f.W
	for y := range h {
		for x := (y + color) % 2; x < w; x += 2 {
			i := y*w + x
			var sum, su, sv float32
			pull := func(j int, k float32) {
				sum += k
				su += k * (r.f.DX[j] + r.du[j] - r.f.DX[i])
				sv += k * (r.f.DY[j] + r.dv[j] - r.f.DY[i])
			}
			if x > 0 {
				pull(i-1, r.couple[i-1])
			}
			if x < w-1 {
				pull(i+1, r.couple[i])
			}
			if y > 0 {
				pull(i-w, r.couple[i-w])
			}
			if y < h-1 {
				pull(i+w, r.couple[i])
			}
			r.du[i] += relaxation * ((r.b1[i]+su-r.a12[i]*r.dv[i])/(r.a11[i]+sum) - r.du[i])
			r.dv[i] += relaxation * ((r.b2[i]+sv-r.a12[i]*r.du[i])/(r.a22[i]+sum) - r.dv[i])
		}
	}
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }
