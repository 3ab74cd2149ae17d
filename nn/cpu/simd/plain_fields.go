package simd

import "math"

// plainFields returns the inner loops of fields in Go.
func plainFields() fields {
	return fields{cutDualPlain, cutPrimalPlain, flowBrightnessPlain, flowGradientsPlain, flowSmoothnessPlain, flowRelaxPlain}
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

func cutDualPlain(px, py, u, right, down, weight, c []float32) {
	for i := range px {
		a, b := px[i]+c[0]*(right[i]-u[i]), py[i]+c[0]*(down[i]-u[i])
		if n, most := a*a+b*b, weight[i]*weight[i]; n > most {
			k := weight[i] / root(n)
			a, b = a*k, b*k
		}
		px[i], py[i] = a, b
	}
}

func cutPrimalPlain(u, lead, px, py, left, up, gain, c []float32) {
	for i := range u {
		v := min(max(u[i]+c[0]*(px[i]+py[i]+gain[i]-left[i]-up[i]), 0), 1)
		lead[i] = 2*v - u[i]
		u[i] = v
	}
}

func flowBrightnessPlain(a11, a12, a22, b1, b2, ix, iy, iz, du, dv, c []float32) {
	for i := range a11 {
		x, y, z := ix[i], iy[i], iz[i]
		norm := x*x + y*y + c[1]
		d := z + x*du[i] + y*dv[i]
		w := c[0] / root(d*d/norm+c[2]) / norm
		a11[i], a12[i], a22[i] = w*x*x+c[1], w*x*y, w*y*y+c[1]
		b1[i], b2[i] = -w*x*z, -w*y*z
	}
}

func flowGradientsPlain(a11, a12, a22, b1, b2, xx, xy, yy, xz, yz, du, dv, c []float32) {
	for i := range a11 {
		xx, xy, yy, xz, yz := xx[i], xy[i], yy[i], xz[i], yz[i]
		n1, n2 := 1/(xx*xx+xy*xy+c[1]), 1/(yy*yy+xy*xy+c[1])
		dx, dy := xz+xx*du[i]+xy*dv[i], yz+xy*du[i]+yy*dv[i]
		w := c[0] / root(dx*dx*n1+dy*dy*n2+c[2])
		a11[i] += w * (xx*xx*n1 + xy*xy*n2)
		a12[i] += w * (xx*xy*n1 + xy*yy*n2)
		a22[i] += w * (xy*xy*n1 + yy*yy*n2)
		b1[i] -= w * (xx*xz*n1 + xy*yz*n2)
		b2[i] -= w * (xy*xz*n1 + yy*yz*n2)
	}
}

func flowSmoothnessPlain(couple, u, uright, udown, v, vright, vdown, c []float32) {
	for i := range couple {
		ux, uy, vx, vy := uright[i]-u[i], udown[i]-u[i], vright[i]-v[i], vdown[i]-v[i]
		couple[i] = c[0] / root(ux*ux+uy*uy+vx*vx+vy*vy+c[1])
	}
}

func flowRelaxPlain(rows, w, color int, u, v, du, dv, dx, dy, couple, a11, a12, a22, b1, b2, c []float32) {
	p := FlowPlane{rows + 2, w, u, v, du, dv, dx, dy, couple, FlowEquations{a11, a12, a22, b1, b2}}
	for y := 1; y <= rows; y++ {
		p.relaxRow(y, 1, w-1, color, c[0])
	}
}
