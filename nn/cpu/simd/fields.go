package simd

import "fmt"

// fields holds the inner loops of optical flow (volume/flow) and of graph cuts (volume/carry). On amd64, all levels give
// bit-identical results. Factors are passed as slices that the caller reuses, because there are many calls.
type fields struct {
	cutDual        func(px, py, u, right, down, weight, c []float32)
	cutPrimal      func(u, lead, px, py, left, up, gain, c []float32)
	flowBrightness func(a11, a12, a22, b1, b2, ix, iy, iz, du, dv, c []float32)
	flowGradients  func(a11, a12, a22, b1, b2, xx, xy, yy, xz, yz, du, dv, c []float32)
	flowSmoothness func(couple, u, uright, udown, v, vright, vdown, c []float32)
	flowRelax      func(rows, w, color int, u, v, du, dv, dx, dy, couple, a11, a12, a22, b1, b2, c []float32)
}

// CutDual is the dual step for a row of a continuous graph cut (Chambolle and Pock, JMIV 2011). right and down hold the neighbors
// of u, and c[0] is the step size:
//
//	(px, py) += c[0] * (right - u, down - u), then shortened to length weight if it is longer
func (f *Kernels) CutDual(px, py, u, right, down, weight, c []float32) {
	n := len(px)
	f.fields.cutDual(px, py[:n], u[:n], right[:n], down[:n], weight[:n], c[:1])
}

// CutPrimal is the primal step for a row. left holds the neighbors of px, up those of py, and c[0] is the step size:
//
//	v = min(max(u + c[0]*(px + py + gain - left - up), 0), 1);  lead = 2*v - u;  u = v
func (f *Kernels) CutPrimal(u, lead, px, py, left, up, gain, c []float32) {
	n := len(u)
	f.fields.cutPrimal(u, lead[:n], px[:n], py[:n], left[:n], up[:n], gain[:n], c[:1])
}

// FlowEquations is a symmetric 2 x 2 system of linear equations for each pixel: (A11 A12; A12 A22) (du dv) = (B1 B2).
type FlowEquations struct {
	A11, A12, A22, B1, B2 []float32
}

// FlowBrightness sets e to the equations that require constant brightness. ix, iy and iz are its derivatives in space and time,
// and (du, dv) is the change of the displacement so far. c holds half the weight, a constant added to norms, and the square of
// the penalty's epsilon:
//
//	norm = ix^2 + iy^2 + c[1];  d = iz + ix*du + iy*dv;  w = c[0] / sqrt(d*d/norm + c[2]) / norm
//	A = w * (ix iy)^T (ix iy) + c[1] * I;  B = -w * (ix iy) * iz
func (f *Kernels) FlowBrightness(e FlowEquations, ix, iy, iz, du, dv, c []float32) {
	n := len(e.A11)
	f.fields.flowBrightness(e.A11, e.A12[:n], e.A22[:n], e.B1[:n], e.B2[:n], ix[:n], iy[:n], iz[:n], du[:n], dv[:n], c[:3])
}

// FlowGradients adds to e the equations that require constant gradients of the brightness, in the same way: (xx xy xz) and (xy yy
// yz) take the place of (ix iy iz), and both have the same weight.
func (f *Kernels) FlowGradients(e FlowEquations, xx, xy, yy, xz, yz, du, dv, c []float32) {
	n := len(e.A11)
	f.fields.flowGradients(e.A11, e.A12[:n], e.A22[:n], e.B1[:n], e.B2[:n], xx[:n], xy[:n], yy[:n], xz[:n], yz[:n], du[:n], dv[:n], c[:3])
}

// FlowSmoothness computes the weights of the smoothness term of a field (u, v) from its neighbors:
//
//	couple = c[0] / sqrt((uright-u)^2 + (udown-u)^2 + (vright-v)^2 + (vdown-v)^2 + c[1])
func (f *Kernels) FlowSmoothness(couple, u, uright, udown, v, vright, vdown, c []float32) {
	n := len(couple)
	f.fields.flowSmoothness(couple, u[:n], uright[:n], udown[:n], v[:n], vright[:n], vdown[:n], c[:2])
}

// FlowPlane holds the operands of FlowRelax, [H,W] each.
type FlowPlane struct {
	H, W   int
	U, V   []float32 // the displacement: DX + DU, DY + DV
	DU, DV []float32 // its change
	DX, DY []float32 // the displacement at the start
	Couple []float32 // the weight of the smoothness between a pixel and its right and lower neighbors
	FlowEquations
}

// FlowRelax is half a sweep of red-black successive over-relaxation: for the pixels (x, y) with (x + y + color) even, it solves the
// equations while their neighbors are fixed, and moves c[0] times as far as the solution. With S the sum of the weights to the
// neighbors, and N the sum of weight * (neighbor - DX), du moves toward (B1 + N - A12*dv) / (A11 + S), then dv likewise.
func (f *Kernels) FlowRelax(p FlowPlane, color int, c []float32) {
	n := p.H * p.W
	for _, of := range [][]float32{p.U, p.V, p.DU, p.DV, p.DX, p.DY, p.Couple, p.A11, p.A12, p.A22, p.B1, p.B2} {
		if len(of) != n || color&^1 != 0 {
			panic(fmt.Sprintf("simd.FlowRelax: got color %d and %d words for (%d,%d)", color, len(of), p.H, p.W))
		}
	}
	if p.H < 3 || p.W < 3 {
		for y := range p.H {
			p.relaxRow(y, 0, p.W, color, c[0])
		}
		return
	}
	p.relaxRow(0, 0, p.W, color, c[0])
	p.relaxRow(p.H-1, 0, p.W, color, c[0])
	for y := 1; y < p.H-1; y++ {
		p.relaxRow(y, 0, 1, color, c[0])
		p.relaxRow(y, p.W-1, p.W, color, c[0])
	}
	f.fields.flowRelax(p.H-2, p.W, color, p.U, p.V, p.DU, p.DV, p.DX, p.DY, p.Couple, p.A11, p.A12, p.A22, p.B1, p.B2, c[:1])
}

// relaxRow relaxes the pixels from..to-1 of a row that have the given color.
func (p *FlowPlane) relaxRow(y, from, to, color int, factor float32) {
	for x := from + (from+y+color)%2; x < to; x += 2 {
		i := y*p.W + x
		var s pulls
		if x > 0 {
			s.add(p, i, i-1, p.Couple[i-1])
		}
		if x < p.W-1 {
			s.add(p, i, i+1, p.Couple[i])
		}
		if y > 0 {
			s.add(p, i, i-p.W, p.Couple[i-p.W])
		}
		if y < p.H-1 {
			s.add(p, i, i+p.W, p.Couple[i])
		}
		p.DU[i] += factor * ((p.B1[i]+s.u-p.A12[i]*p.DV[i])/(p.A11[i]+s.sum) - p.DU[i])
		p.DV[i] += factor * ((p.B2[i]+s.v-p.A12[i]*p.DU[i])/(p.A22[i]+s.sum) - p.DV[i])
		p.U[i], p.V[i] = p.DX[i]+p.DU[i], p.DY[i]+p.DV[i]
	}
}

// pulls is the sum of the weights to a pixel's neighbors, and of their weighted displacements.
type pulls struct{ sum, u, v float32 }

func (s *pulls) add(p *FlowPlane, i, j int, k float32) {
	s.sum += k
	s.u += k * (p.U[j] - p.DX[i])
	s.v += k * (p.V[j] - p.DY[i])
}
