package slmsam

import (
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// shownAs shows a model with a prior an object in the gray values of its surroundings; to other models slices stay as
// they are. The first of the prompts that covers something decides; they come out sorted by slice.
func (m *Model) shownAs(s Slices, prompts []Prompt) Slices {
	if m.prior == nil {
		return s
	}
	h, w := s.Size()
	slices.SortFunc(prompts, func(a, b Prompt) int { return a.Slice - b.Slice })
	for _, p := range prompts {
		if mask := coveredBy(p, h, w); mask != nil {
			s.Window = LocalWindow(s.Intensity(p.Slice), mask, h, w)
			return s
		}
	}
	return s
}

// coveredBy is what a prompt says of its object's place: the mask, or the box; nil for points.
func coveredBy(p Prompt, h, w int) []bool {
	if p.Mask != nil {
		return p.Mask
	}
	var x, y []float64
	for _, pt := range p.Points {
		if pt.Label == BoxTopLeft || pt.Label == BoxBottomRight {
			x, y = append(x, pt.X), append(y, pt.Y)
		}
	}
	if len(x) < 2 {
		return nil
	}
	mask := make([]bool, h*w)
	for i := int(max(slices.Min(y), 0)); i <= min(int(slices.Max(y)), h-1); i++ {
		for j := int(max(slices.Min(x), 0)); j <= min(int(slices.Max(x)), w-1); j++ {
			mask[i*w+j] = true
		}
	}
	return mask
}

// Settings of LocalWindow: the surroundings reach so many times the object's size beyond it, the rarest gray values at
// either end are cut off, and so is what lies further than so many standard deviations from the object's mean.
const (
	windowReach = 1.0
	windowLeast = 8 // pixels
	windowRare  = 0.005
	windowFar   = 8.0
)

// LocalWindow is the range of intensities in an object's surroundings on a slice [h,w]: what the model's prior tells
// inside from outside by. A slice without contrast there gets the window of its one value.
func LocalWindow(values []float32, mask []bool, h, w int) volume.Window {
	lo, hi := [2]int{h, w}, [2]int{}
	n, sum, squares := 0.0, 0.0, 0.0
	for i, on := range mask {
		if on {
			y, x, v := i/w, i%w, float64(values[i])
			lo, hi = [2]int{min(lo[0], y), min(lo[1], x)}, [2]int{max(hi[0], y+1), max(hi[1], x+1)}
			n, sum, squares = n+1, sum+v, squares+v*v
		}
	}
	reach := int(max(windowReach*float64(max(hi[0]-lo[0], hi[1]-lo[1])), windowLeast))
	var near []float32
	for y := max(lo[0]-reach, 0); y < min(hi[0]+reach, h); y++ {
		near = append(near, values[y*w+max(lo[1]-reach, 0):y*w+min(hi[1]+reach, w)]...)
	}
	slices.Sort(near)
	at := func(part float64) float64 { return float64(near[min(int(part*float64(len(near))), len(near)-1)]) }
	mean := sum / n
	deviation := math.Sqrt(max(squares/n-mean*mean, 0))
	out := volume.Window{Lo: max(at(windowRare), mean-windowFar*deviation), Hi: min(at(1-windowRare), mean+windowFar*deviation)}
	if !(out.Hi > out.Lo) {
		out = volume.Window{Lo: float64(near[0]), Hi: float64(near[len(near)-1])}
	}
	if !(out.Hi > out.Lo) {
		out.Hi = out.Lo + 1
	}
	return out
}
