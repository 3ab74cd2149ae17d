package drawing

import (
	"math"
	"slices"
)

// Region growing: a rough outline from a click or a line, for models that know masks only. The annotator sees it
// and corrects it.
const (
	growSigmas   = 2.5  // how many standard deviations of the seeds' surroundings still look alike
	growLeast    = 0.03 // but at least this part of the slice's range of intensities
	growHalvings = 4    // how often a tolerance that lets the region run to its limit is halved
	growLeak     = 0.2  // part of the ring at the limit that means it ran there
	growDisc     = 0.05 // radius of the disc that is left when it runs always, as part of the slice's side
)

// grow is the connected pixels about the seeds that look as the seeds do, within reach pixels of one, without
// holes.
func (p *pad) grow(seeds []bool, reach float64) []bool {
	smooth := p.smoothed()
	near := p.within(seeds, reach)
	ring := p.within(seeds, reach-1)
	mean, sigma := p.surroundings(smooth, seeds)
	lo, hi := percentiles(smooth)
	tolerance := max(growSigmas*sigma, growLeast*(hi-lo))
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
			return p.filled(region)
		}
		tolerance /= 2
	}
	return p.within(seeds, min(reach, max(1, growDisc*float64(min(p.h, p.w)))))
}

// smoothed is the slice with every pixel the mean of its 3 x 3 neighborhood.
func (p *pad) smoothed() []float32 {
	out := make([]float32, len(p.values))
	for y := range p.h {
		for x := range p.w {
			var sum float32
			n := 0
			for v := max(0, y-1); v <= min(p.h-1, y+1); v++ {
				for u := max(0, x-1); u <= min(p.w-1, x+1); u++ {
					sum += p.values[v*p.w+u]
					n++
				}
			}
			out[y*p.w+x] = sum / float32(n)
		}
	}
	return out
}

// surroundings is the mean and the standard deviation of the pixels within 2 of a seed.
func (p *pad) surroundings(values []float32, seeds []bool) (mean, sigma float64) {
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

// within is the pixels at most r away from a set pixel.
func (p *pad) within(set []bool, r float64) []bool {
	out := make([]bool, len(set))
	reach := int(max(r, 0))
	// the half width of the disc at each distance in rows
	half := make([]int, reach+1)
	for dy := range half {
		half[dy] = int(math.Sqrt(max(0, r*r-float64(dy*dy))))
	}
	for i, on := range set {
		if !on || p.inside(set, i) {
			continue // of a region, its border is enough
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

// inside says whether a pixel's four neighbors are set.
func (p *pad) inside(set []bool, i int) bool {
	x, y := i%p.w, i/p.w
	return x > 0 && x < p.w-1 && y > 0 && y < p.h-1 && set[i-1] && set[i+1] && set[i-p.w] && set[i+p.w]
}

// flood is the pixels that connect to the seeds through pixels that belong; seeds belong.
func (p *pad) flood(seeds []bool, belongs func(i int) bool) []bool {
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

// filled is a region with its holes: all that cannot be reached from the border of the slice.
func (p *pad) filled(region []bool) []bool {
	border := make([]bool, len(region))
	for y := range p.h {
		for x := range p.w {
			i := y*p.w + x
			border[i] = (x == 0 || y == 0 || x == p.w-1 || y == p.h-1) && !region[i]
		}
	}
	outside := p.flood(border, func(i int) bool { return !region[i] })
	for i := range outside {
		outside[i] = !outside[i]
	}
	return outside
}

// percentiles is the 2nd and the 98th of the values.
func percentiles(values []float32) (lo, hi float64) {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return float64(sorted[len(sorted)*2/100]), float64(sorted[(len(sorted)-1)*98/100])
}
