package click

import (
	"cmp"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Settings of the choice among regions.
const (
	leastArea = 12   // pixels
	mostArea  = 0.3  // of the slice
	growth    = 1.12 // from one region's area to the next
	texture   = 1.5  // weight of differences inside, against those across the border
	mostSteps = 40   // differences count up to so many units
	compactly = 0.5  // exponent of compactness: 1 for a disc
	largely   = 0.1  // exponent of the area
)

// bestRegion returns the region [h,w] of the cheapest pixels, with its holes, whose border stands out most. Pixels that
// cannot be reached are only part of it as holes.
func (p *plane) bestRegion(cost []float32, seeds []Spot) []bool {
	order := make([]int32, 0, len(cost))
	for i, c := range cost {
		if c < unreachable {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Or(cmp.Compare(cost[a], cost[b]), cmp.Compare(a, b)) })
	best, highest := region{}, math.Inf(-1)
	most := min(float64(len(order)), max(mostArea*float64(len(cost)), leastArea))
	for area := min(leastArea, most); area <= most; area *= growth {
		r := p.region(order[:int(area)])
		if s := p.score(r) * p.joined(r, seeds); s > highest || best.mask == nil { // the score may not be a number
			best, highest = r, s
		}
	}
	return best.whole(p.h, p.w)
}

// region is a part of a slice.
type region struct {
	crop volume.Crop
	mask []bool // of the crop
}

// region returns the region of some pixels, with its holes.
func (p *plane) region(pixels []int32) region {
	c := volume.Crop{Y0: p.h, X0: p.w}
	for _, i := range pixels {
		y, x := int(i)/p.w, int(i)%p.w
		c.Y0, c.X0, c.Y1, c.X1 = min(c.Y0, y), min(c.X0, x), max(c.Y1, y+1), max(c.X1, x+1)
	}
	h, w := c.Size()
	mask := make([]bool, h*w)
	for _, i := range pixels {
		mask[(int(i)/p.w-c.Y0)*w+int(i)%p.w-c.X0] = true
	}
	return region{c, masks.Filled(mask, w)}
}

// has reports whether a pixel of the slice is in the region.
func (r region) has(y, x int) bool {
	if y < r.crop.Y0 || x < r.crop.X0 || y >= r.crop.Y1 || x >= r.crop.X1 {
		return false
	}
	return r.mask[(y-r.crop.Y0)*(r.crop.X1-r.crop.X0)+x-r.crop.X0]
}

// whole is the region as a mask [h,w] of the slice.
func (r region) whole(h, w int) []bool { return volume.Paste(r.mask, h, w, r.crop, false) }

// score rates a region by how much values change across its border and how little inside it.
func (p *plane) score(r region) float64 {
	var across, border, inner, pairs, area float64
	for y := r.crop.Y0; y < r.crop.Y1; y++ {
		for x := r.crop.X0; x < r.crop.X1; x++ {
			if !r.has(y, x) {
				continue
			}
			area++
			for _, d := range [4]Spot{{1, 0}, {-1, 0}, {0, 1}, {0, -1}} {
				v, u := y+d.Y, x+d.X
				switch {
				case v < 0 || u < 0 || v >= p.h || u >= p.w:
					border++
				case r.has(v, u):
					pairs++
					inner += min(math.Abs(p.at(y, x)-p.at(v, u))/p.unit, mostSteps)
				default:
					border++
					across += min(math.Abs(p.at(y-d.Y, x-d.X)-p.at(v+d.Y, u+d.X))/p.unit, mostSteps)
				}
			}
		}
	}
	around := border * math.Pi / 4 // a line at any angle is that much shorter than its steps, on average
	compact := min(4*math.Pi*area/(around*around), 1)
	return (across/max(border, 1) - texture*inner/max(pairs, 1)) * math.Pow(compact, compactly) * math.Pow(area, largely)
}

// joined is the fraction of the seeds that are in the first seed's component.
func (p *plane) joined(r region, seeds []Spot) float64 {
	if len(seeds) == 1 {
		return 1
	}
	w := r.crop.X1 - r.crop.X0
	at := func(s Spot) int { return (s.Y-r.crop.Y0)*w + s.X - r.crop.X0 }
	n := 0.0
	var seen []bool
	for _, s := range seeds {
		if !r.has(s.Y, s.X) {
			continue
		}
		if seen == nil {
			seen = masks.Component(r.mask, w, at(s))
		}
		if seen[at(s)] {
			n++
		}
	}
	return n / float64(len(seeds))
}
