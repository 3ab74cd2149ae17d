package slmsam

import (
	"math"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Around returns the square around an object's masks and boxes, and the clicks on it, whose side is crop times the larger side of what
// they cover, moved and clipped to fit a slice of h x w pixels; the whole slice if there are only clicks.
func Around(prompts []Prompt, h, w int, crop float64) volume.Crop {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{} // y, x
	see := func(y, x float64) {
		lo[0], lo[1] = min(lo[0], y), min(lo[1], x)
		hi[0], hi[1] = max(hi[0], y), max(hi[1], x)
	}
	sized := false // a mask or a box
	for _, p := range prompts {
		sized = sized || !p.clicksAlone()
		for i, on := range p.Mask {
			if on {
				see(float64(i/w), float64(i%w))
			}
		}
		for _, pt := range p.Points {
			if pt.Label != Negative {
				see(pt.Y, pt.X)
			}
		}
	}
	if !sized {
		return volume.WholeSlice(h, w)
	}
	side := crop * (max(hi[0]-lo[0], hi[1]-lo[1]) + 1)
	return volume.SquareCrop((lo[0]+hi[0]+1)/2, (lo[1]+hi[1]+1)/2, side, h, w)
}
