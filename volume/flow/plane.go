package flow

// plane is an image of float32 values.
type plane struct {
	h, w int
	pix  []float32 // [h,w]
}

// newPlane returns a black image.
func newPlane(h, w int) plane { return plane{h, w, make([]float32, h*w)} }

// fromGray converts an 8-bit slice [h,w].
func fromGray(gray []uint8, h, w int) plane {
	p := newPlane(h, w)
	for i, v := range gray {
		p.pix[i] = float32(v)
	}
	return p
}

// spot is a position between two of n pixels in a row, fraction of the way from the first to the second.
type spot struct {
	first, second int
	fraction      float32
}

// spotAt returns the spot of coordinate x, clamped to the border.
func spotAt(x float32, n int) spot {
	if x < 0 {
		x = 0
	}
	if last := float32(n - 1); x > last {
		x = last
	}
	first := min(int(x), max(n-2, 0))
	return spot{first, first + min(1, n-1), x - float32(first)}
}

// at is the bilinearly interpolated value at a position.
func (p plane) at(x, y spot) float32 {
	high, low := p.pix[y.first*p.w:], p.pix[y.second*p.w:]
	top := high[x.first] + x.fraction*(high[x.second]-high[x.first])
	bottom := low[x.first] + x.fraction*(low[x.second]-low[x.first])
	return top + y.fraction*(bottom-top)
}

// resize resamples an image at the centers of h x w pixels, bilinearly.
func resize(p plane, h, w int) plane {
	out := newPlane(h, w)
	sx, sy := float32(p.w)/float32(w), float32(p.h)/float32(h)
	columns := make([]spot, w)
	for x := range columns {
		columns[x] = spotAt((float32(x)+0.5)*sx-0.5, p.w)
	}
	for y := range h {
		row := spotAt((float32(y)+0.5)*sy-0.5, p.h)
		for x, column := range columns {
			out.pix[y*w+x] = p.at(column, row)
		}
	}
	return out
}

// pyramid halves an image repeatedly and returns the levels from the one where the search ends to the coarsest. An
// image too small to search is enlarged first.
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

// halved averages blocks of 2 x 2 pixels; an odd last row or column is repeated.
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

// gradient returns half the difference between the neighbors on both sides; at the border, the pixel itself replaces
// the missing one.
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
