package click

import (
	"math"
	"slices"
)

// Correct returns a mask [h,w] after clicks that correct it: first those on the object, then those outside it. A click on the
// object that the mask misses adds a disc that just reaches the mask. A click inside the mask but outside the object takes
// away a disc that just reaches the mask's border. That is the largest disc that is certainly wrong if the annotator clicks into
// the middle of what is wrong. If the mask is farther away than it is thick, the object has another part there, and what Segment
// finds within the disc is added. Clicks that agree with the mask change nothing.
func Correct(values []float32, h, w int, mask []bool, clicks Clicks) []bool {
	out := slices.Clone(mask)
	for _, s := range clicks.On {
		if out[s.Y*w+s.X] {
			continue
		}
		radius := reach(out, w, s, true)
		added := disc(h, w, s, radius)
		if radius > thickness(out, h, w) {
			added = Segment(values, h, w, Clicks{On: []Spot{s}, Off: clicks.Off}, added)
		}
		for i, on := range added {
			out[i] = out[i] || on
		}
	}
	for _, s := range clicks.Off {
		if out[s.Y*w+s.X] {
			for i, on := range disc(h, w, s, reach(out, w, s, false)) {
				out[i] = out[i] && !on
			}
		}
	}
	return out
}

// reach is the distance from a spot to the nearest pixel with the given value; beyond the slice, if there is none.
func reach(mask []bool, w int, s Spot, value bool) float64 {
	least := math.Inf(1)
	for i, on := range mask {
		if on == value {
			least = min(least, math.Hypot(float64(i/w-s.Y), float64(i%w-s.X)))
		}
	}
	return least
}

// thickness is the radius of a disc that is as thick as a mask: twice its area over its perimeter.
func thickness(mask []bool, h, w int) float64 {
	area, border := 0, 0
	for i, on := range mask {
		if !on {
			continue
		}
		area++
		y, x := i/w, i%w
		for _, d := range [4]Spot{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
			if v, u := y+d.Y, x+d.X; v < 0 || u < 0 || v >= h || u >= w || !mask[v*w+u] {
				border++
			}
		}
	}
	return 2 * float64(area) / (math.Pi / 4 * float64(max(border, 1)))
}

// disc is the mask of the pixels closer to a spot than the radius.
func disc(h, w int, s Spot, radius float64) []bool {
	out := make([]bool, h*w)
	for i := range out {
		out[i] = i == s.Y*w+s.X || math.Hypot(float64(i/w-s.Y), float64(i%w-s.X)) < radius
	}
	return out
}
