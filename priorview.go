package slmsam

import (
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// localWindow returns slices with the gray window of the object's surroundings, for a model with a prior; for others,
// the slices are unchanged. The first prompt that covers an area decides; prompts is sorted by slice.
func (m *Model) localWindow(s Slices, prompts []Prompt) Slices {
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

// coveredBy is the area that a prompt covers: its mask or its box; nil for points.
func coveredBy(p Prompt, h, w int) []bool {
	if p.Mask != nil {
		return p.Mask
	}
	return p.box(h, w)
}

// box is the mask [h,w] of a prompt's box; nil if it has none.
func (p Prompt) box(h, w int) []bool {
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

// Settings of LocalWindow.
const (
	windowReach = 1.0   // how far the surroundings extend beyond the object, relative to its size
	windowLeast = 8     // and at least this many pixels
	windowRare  = 0.005 // fraction of gray values cut off at either end
	windowFar   = 8.0   // standard deviations from the object's mean, beyond which values are cut off
)

// LocalWindow is the range of intensities around an object on a slice [h,w], in which the model's prior distinguishes
// inside from outside. If there is no contrast, the window is that of the single value.
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
