package drawing

import (
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/internal/masks"
)

// Settings of region growing, which makes a rough outline from a click or a scribble for models that only accept masks.
// The annotator sees the outline and corrects it.
const (
	growSigmas   = 2.5  // tolerance, in standard deviations of the intensities around the seeds
	growMin      = 0.03 // smallest tolerance, relative to the slice's range of intensities
	growHalvings = 4    // how often the tolerance is halved if the region leaks, that is, extends to the limit of its reach
	growLeak     = 0.2  // share of the pixels at the limit that indicates a leak
	growDisc     = 0.05 // radius of the disc that is used if the region always leaks, relative to the slice's shorter side
)

// grow returns the pixels that are connected to the seeds and similar to them, within reach pixels of a seed. Holes are
// filled.
func (p *plane) grow(seeds []bool, reach float64) []bool {
	smooth := p.smoothed()
	near := p.within(seeds, reach)
	ring := p.within(seeds, reach-1)
	mean, sigma := p.surroundings(smooth, seeds)
	lo, hi := percentiles(smooth)
	tolerance := max(growSigmas*sigma, growMin*(hi-lo))
	for range growHalvings {
		region := p.flood(seeds, func(i int) bool { return near[i] && math.Abs(float64(smooth[i])-mean) <= tolerance })
		atLimit, limit := 0, 0
		for i := range region {
			if near[i] && !ring[i] {
				limit++
				if region[i] {
					atLimit++
				}
			}
		}
		if float64(atLimit) <= growLeak*float64(limit) {
			return masks.Filled(region, p.w)
		}
		tolerance /= 2
	}
	return p.within(seeds, min(reach, max(1, growDisc*float64(min(p.h, p.w)))))
}

// smoothed returns the intensities with each pixel replaced by the mean of its 3x3 neighborhood.
func (p *plane) smoothed() []float32 {
	out := make([]float32, len(p.values))
	for y := range p.h {
		for x := range p.w {
			var sum float64
			n := 0
			for v := max(0, y-1); v <= min(p.h-1, y+1); v++ {
				for u := max(0, x-1); u <= min(p.w-1, x+1); u++ {
					sum += float64(p.values[v*p.w+u])
					n++
				}
			}
			out[y*p.w+x] = float32(sum / float64(n))
		}
	}
	return out
}

// surroundings returns the mean and standard deviation of the values within 2 pixels of a seed.
func (p *plane) surroundings(values []float32, seeds []bool) (mean, sigma float64) {
	var sum, squares, n float64
	for i, on := range p.within(seeds, 2) {
		if on {
			x := float64(values[i])
			sum, squares, n = sum+x, squares+x*x, n+1
		}
	}
	mean = sum / n
	return mean, math.Sqrt(max(0, squares/n-mean*mean))
}

// within returns the pixels at a distance of at most r from a set pixel.
func (p *plane) within(set []bool, r float64) []bool {
	out := make([]bool, len(set))
	reach := int(max(r, 0))
	// half the width of the disc, by distance from its middle row
	half := make([]int, reach+1)
	for dy := range half {
		half[dy] = int(math.Sqrt(max(0, r*r-float64(dy*dy))))
	}
	for i, on := range set {
		if !on || p.inside(set, i) {
			continue // the border of a region suffices
		}
		x, y := i%p.w, i/p.w
		for dy := -reach; dy <= reach; dy++ {
			if v := y + dy; v >= 0 && v < p.h {
				d := half[max(dy, -dy)]
				for u := max(0, x-d); u <= min(p.w-1, x+d); u++ {
					out[v*p.w+u] = true
				}
			}
		}
	}
	for i, on := range set {
		out[i] = out[i] || on
	}
	return out
}

// inside reports whether all four neighbors of a pixel are set.
func (p *plane) inside(set []bool, i int) bool {
	x, y := i%p.w, i/p.w
	return x > 0 && x < p.w-1 && y > 0 && y < p.h-1 && set[i-1] && set[i+1] && set[i-p.w] && set[i+p.w]
}

// flood returns the seeds and the pixels that are 4-connected to them through pixels for which belongs is true.
func (p *plane) flood(seeds []bool, belongs func(i int) bool) []bool {
	region := slices.Clone(seeds)
	var edge []int
	for i, on := range seeds {
		if on {
			edge = append(edge, i)
		}
	}
	for len(edge) > 0 {
		i := edge[len(edge)-1]
		edge = edge[:len(edge)-1]
		x, y := i%p.w, i/p.w
		for _, next := range [4][3]int{{x - 1, y, i - 1}, {x + 1, y, i + 1}, {x, y - 1, i - p.w}, {x, y + 1, i + p.w}} {
			if u, v, j := next[0], next[1], next[2]; u >= 0 && u < p.w && v >= 0 && v < p.h && !region[j] && belongs(j) {
				region[j] = true
				edge = append(edge, j)
			}
		}
	}
	return region
}

// percentiles returns the 2nd and 98th percentiles.
func percentiles(values []float32) (lo, hi float64) {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return float64(sorted[len(sorted)*2/100]), float64(sorted[(len(sorted)-1)*98/100])
}
