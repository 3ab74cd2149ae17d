package flow

// search aligns patches of one slice with another at one pyramid level.
type search struct {
	source plane // padded by margin on all sides, so that patches may extend past the border
	target plane
	gx, gy plane // gradient of target

	rows, columns int          // numbers of patches
	at            [][2]int     // top-left corner of each patch, y and x
	hessian       [][3]float32 // xx, xy, yy of each patch
	sums          [][2]float32 // of the gradients over each patch
	dx, dy, cost  []float32    // per patch
}

// margin is how far past the border patches are searched for.
const margin = 16

// newSearch lays out the patches of a level.
func newSearch(source, target plane) *search {
	s := &search{source: padded(source, margin), target: target}
	s.gx, s.gy = target.gradient()
	ys, xs := corners(target.h), corners(target.w)
	s.rows, s.columns = len(ys), len(xs)
	for _, y := range ys {
		for _, x := range xs {
			s.at = append(s.at, [2]int{y, x})
			s.prepare(y, x)
		}
	}
	n := len(s.at)
	s.dx, s.dy, s.cost = make([]float32, n), make([]float32, n), make([]float32, n)
	return s
}

// corners spaces patches over n pixels, with the last one flush with the end.
func corners(n int) []int {
	var out []int
	for c := 0; c+patch < n; c += stride {
		out = append(out, c)
	}
	return append(out, max(n-patch, 0))
}

// padded extends an image by m pixels on all sides, repeating its border.
func padded(p plane, m int) plane {
	out := newPlane(p.h+2*m, p.w+2*m)
	for y := range out.h {
		row := p.pix[min(max(y-m, 0), p.h-1)*p.w:]
		for x := range out.w {
			out.pix[y*out.w+x] = row[min(max(x-m, 0), p.w-1)]
		}
	}
	return out
}

// prepare computes the gradient sums and the Hessian of the patch at y, x, for patches with their mean subtracted.
func (s *search) prepare(y, x int) {
	const n = patch * patch
	var xx, xy, yy, sx, sy float32
	for r := range patch {
		i := (y+r)*s.target.w + x
		for c := range patch {
			gx, gy := s.gx.pix[i+c], s.gy.pix[i+c]
			xx, xy, yy = xx+gx*gx, xy+gx*gy, yy+gy*gy
			sx, sy = sx+gx, sy+gy
		}
	}
	s.hessian = append(s.hessian, [3]float32{xx - sx*sx/n, xy - sx*sy/n, yy - sy*sy/n})
	s.sums = append(s.sums, [2]float32{sx, sy})
}

// run refines a field: every patch starts from it, or from a neighbor's displacement if that fits better, in a
// forward and then a backward pass over the patches.
func (s *search) run(start *Field) *Field {
	for i, at := range s.at {
		c := (at[0]+patch/2)*start.W + at[1] + patch/2
		s.dx[i], s.dy[i] = start.DX[c], start.DY[c]
	}
	for i := range s.at {
		s.cost[i] = s.mismatch(i, s.dx[i], s.dy[i])
		s.borrow(i, i%s.columns > 0, i-1)
		s.borrow(i, i >= s.columns, i-s.columns)
		s.descend(i)
	}
	for i := len(s.at) - 1; i >= 0; i-- {
		before := s.cost[i]
		s.borrow(i, i%s.columns < s.columns-1, i+1)
		s.borrow(i, i+s.columns < len(s.at), i+s.columns)
		if s.cost[i] < before {
			s.descend(i)
		}
	}
	return s.spread()
}

// borrow adopts another patch's displacement if it fits better.
func (s *search) borrow(i int, exists bool, from int) {
	if !exists || s.dx[from] == s.dx[i] && s.dy[from] == s.dy[i] {
		return
	}
	if c := s.mismatch(i, s.dx[from], s.dy[from]); c < s.cost[i] {
		s.dx[i], s.dy[i], s.cost[i] = s.dx[from], s.dy[from], c
	}
}

// steepness is the gradient below which a patch has too little structure to align.
const steepness = 1e-2

// descend takes Gauss-Newton steps for a patch as long as they improve the fit (the inverse compositional form, in
// which the Hessian is constant).
func (s *search) descend(i int) {
	h := s.hessian[i]
	det := h[0]*h[2] - h[1]*h[1]
	if det <= steepness*patch*patch*(h[0]+h[2]) {
		return
	}
	x0, y0 := s.dx[i], s.dy[i]
	for range descents {
		bx, by := s.slope(i, s.dx[i], s.dy[i])
		x, y := s.dx[i]-(h[2]*bx-h[1]*by)/det, s.dy[i]-(h[0]*by-h[1]*bx)/det
		if tooFar(x-x0) || tooFar(y-y0) {
			return
		}
		c := s.mismatch(i, x, y)
		if c >= s.cost[i] {
			return
		}
		gained := s.cost[i] - c
		s.dx[i], s.dy[i], s.cost[i] = x, y, c
		if gained < 1e-3*c {
			return
		}
	}
}

// tooFar reports whether a displacement has left the range in which the patch's gradient is meaningful.
func tooFar(d float32) bool { return d > patch || d < -patch }

// window returns the index of a displaced patch's corner on the padded source, and the bilinear weights of the four
// pixels around each position.
func (s *search) window(i int, dx, dy float32) (at int, w [4]float32) {
	p := s.source
	x := min(max(float32(s.at[i][1])+dx+margin, 0), float32(p.w-patch-2))
	y := min(max(float32(s.at[i][0])+dy+margin, 0), float32(p.h-patch-2))
	x0, y0 := int(x), int(y)
	fx, fy := x-float32(x0), y-float32(y0)
	return y0*p.w + x0, [4]float32{(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy}
}

// mismatch is the sum of squared differences of a displaced patch, after subtracting their mean.
func (s *search) mismatch(i int, dx, dy float32) float32 {
	at, w := s.window(i, dx, dy)
	p, t := s.source, s.target
	var sum, squares float32
	for r := range patch {
		top, low := p.pix[at+r*p.w:][:patch+1], p.pix[at+(r+1)*p.w:][:patch+1]
		row := t.pix[(s.at[i][0]+r)*t.w+s.at[i][1]:][:patch]
		for c := range patch {
			d := w[0]*top[c] + w[1]*top[c+1] + w[2]*low[c] + w[3]*low[c+1] - row[c]
			sum += d
			squares += d * d
		}
	}
	return squares - sum*sum/(patch*patch)
}

// slope is half the gradient of mismatch with respect to the displacement.
func (s *search) slope(i int, dx, dy float32) (bx, by float32) {
	at, w := s.window(i, dx, dy)
	p, t := s.source, s.target
	var sum float32
	for r := range patch {
		top, low := p.pix[at+r*p.w:][:patch+1], p.pix[at+(r+1)*p.w:][:patch+1]
		o := (s.at[i][0]+r)*t.w + s.at[i][1]
		row, gx, gy := t.pix[o:][:patch], s.gx.pix[o:][:patch], s.gy.pix[o:][:patch]
		for c := range patch {
			d := w[0]*top[c] + w[1]*top[c+1] + w[2]*low[c] + w[3]*low[c+1] - row[c]
			sum += d
			bx += d * gx[c]
			by += d * gy[c]
		}
	}
	const n = patch * patch
	return bx - sum*s.sums[i][0]/n, by - sum*s.sums[i][1]/n
}

// spread turns patch displacements into a field: each pixel averages those of the patches that cover it, weighted by
// how well they fit there.
func (s *search) spread() *Field {
	t := s.target
	f, weight := Still(t.h, t.w), make([]float32, t.h*t.w)
	for i, at := range s.at {
		from, w := s.window(i, s.dx[i], s.dy[i])
		for r := range patch {
			top, low := s.source.pix[from+r*s.source.w:], s.source.pix[from+(r+1)*s.source.w:]
			for c := range patch {
				o := (at[0]+r)*t.w + at[1] + c
				d := w[0]*top[c] + w[1]*top[c+1] + w[2]*low[c] + w[3]*low[c+1] - t.pix[o]
				k := 1 / max(1, d, -d)
				f.DX[o] += k * s.dx[i]
				f.DY[o] += k * s.dy[i]
				weight[o] += k
			}
		}
	}
	for o, k := range weight {
		f.DX[o] /= k
		f.DY[o] /= k
	}
	return f
}
