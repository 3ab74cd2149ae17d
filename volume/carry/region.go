package carry

import (
	"math"

	"github.com/seed-6f79f512/slmsam/internal/masks"
)

// box is the half-open region of a slice from (y0, x0) to (y1, x1).
type box struct{ y0, x0, y1, x1 int }

// bounds is the smallest box around a mask; ok is false if the mask is empty.
func bounds(mask []bool, side int) (b box, ok bool) {
	b = box{y0: side, x0: side}
	for i, on := range mask {
		if on {
			y, x := i/side, i%side
			b.y0, b.y1 = min(b.y0, y), max(b.y1, y+1)
			b.x0, b.x1 = min(b.x0, x), max(b.x1, x+1)
			ok = true
		}
	}
	return b, ok
}

// grown extends a box on every side by the given multiple of its larger side, by at least the given number of pixels,
// within the slice.
func (b box) grown(times float64, least, side int) box {
	e := int(max(times*float64(max(b.y1-b.y0, b.x1-b.x0)), float64(least)))
	return box{max(b.y0-e, 0), max(b.x0-e, 0), min(b.y1+e, side), min(b.x1+e, side)}
}

// touching keeps the components of a mask that share a pixel with another mask.
func touching(mask, other []bool, side int) []bool {
	out := make([]bool, len(mask))
	for i, on := range mask {
		if on && other[i] && !out[i] {
			masks.Flood(mask, out, side, i, func(int) {})
		}
	}
	return out
}

// hollow reports whether holes are part of a mask's shape.
func hollow(mask []bool, side int) bool {
	n, holes := 0, 0
	for i, on := range masks.Filled(mask, side) {
		if mask[i] {
			n++
		} else if on {
			holes++
		}
	}
	return float64(holes) > 0.05*float64(n)
}

// moments returns the mean and standard deviation of the gray values under a mask.
func moments(gray []uint8, mask []bool) (mean, deviation float64) {
	n, sum, squares := 0.0, 0.0, 0.0
	for i, on := range mask {
		if on {
			v := float64(gray[i])
			n, sum, squares = n+1, sum+v, squares+v*v
		}
	}
	if n == 0 {
		return 0, 0
	}
	mean = sum / n
	return mean, math.Sqrt(max(squares/n-mean*mean, 0))
}
