package flow

// plane is a picture of float32 values.
type plane struct {
	h, w int
	pix  []float32 // [h,w]
}

func newPlane(h, w int) plane { return plane{h, w, make([]float32, h*w)} }

func fromGray(gray []uint8, h, w int) plane {
	p := newPlane(h, w)
	for i, v := range gray {
		p.pix[i] = float32(v)
	}
	return p
}

// at is the value at a place between pixels, bilinear; beyond the border, that of the border.
func (p plane) at(x, y float32) float32 {
	x, y = min(max(x, 0), float32(p.w-1)), min(max(y, 0), float32(p.h-1))
	x0, y0 := min(int(x), max(p.w-2, 0)), min(int(y), max(p.h-2, 0))
	fx, fy := x-float32(x0), y-float32(y0)
	right, down := min(1, p.w-1), min(1, p.h-1)*p.w
	i := y0*p.w + x0
	top := p.pix[i] + fx*(p.pix[i+right]-p.pix[i])
	low := p.pix[i+down] + fx*(p.pix[i+down+right]-p.pix[i+down])
	return top + fy*(low-top)
}

// resize samples a picture at the middles of h x w pixels, bilinear.
func resize(p plane, h, w int) plane {
	out := newPlane(h, w)
	sx, sy := float32(p.w)/float32(w), float32(p.h)/float32(h)
	for y := range h {
		fy := (float32(y)+0.5)*sy - 0.5
		for x := range w {
			out.pix[y*w+x] = p.at((float32(x)+0.5)*sx-0.5, fy)
		}
	}
	return out
}

// pyramid halves a picture again and again: from the level that the search ends at to the coarsest. A picture that is
// too small for a search is enlarged first.
func pyramid(p plane) []plane {
	if side := min(p.h, p.w); side < leastSide<<finest {
		k := (leastSide<<finest + side - 1) / side
		p = resize(p, p.h*k, p.w*k)
	}
	var levels []plane
	for l := 0; ; l++ {
		if l >= finest {
			levels = append(levels, p)
			if min(p.h, p.w)/2 < smallest {
				return levels
			}
		}
		p = halved(p)
	}
}

// halved averages blocks of 2 x 2 pixels; an odd last row or column is averaged with itself.
func halved(p plane) plane {
	out := newPlane((p.h+1)/2, (p.w+1)/2)
	for y := range out.h {
		top, low := p.pix[2*y*p.w:], p.pix[min(2*y+1, p.h-1)*p.w:]
		for x := range out.w {
			l, r := 2*x, min(2*x+1, p.w-1)
			out.pix[y*out.w+x] = (top[l] + top[r] + low[l] + low[r]) / 4
		}
	}
	return out
}

// gradient returns central differences; one-sided at the border.
func (p plane) gradient() (gx, gy plane) {
	gx, gy = newPlane(p.h, p.w), newPlane(p.h, p.w)
	for y := range p.h {
		up, down := max(y-1, 0)*p.w, min(y+1, p.h-1)*p.w
		for x := range p.w {
			i := y*p.w + x
			l, r := max(x-1, 0), min(x+1, p.w-1)
			gx.pix[i] = (p.pix[y*p.w+r] - p.pix[y*p.w+l]) / 2
			gy.pix[i] = (p.pix[down+x] - p.pix[up+x]) / 2
		}
	}
	return gx, gy
}
