package carry

import (
	"math"
	"sort"
)

// Settings of the gray-value model.
const (
	bins      = 32
	binBlur   = 1.2  // standard deviation, in bins
	rarity    = 2e-3 // added to every bin, so that unseen values count as rare
	ratioMost = 3    // bound on the log ratio
)

// grays is how much more likely gray values are inside an object than around it, on the outlined slice. Updating it
// from later slices was tried and led it astray.
type grays struct {
	ratio [bins]float32 // log ratio of inside to around, clipped
}

// newGrays counts gray values inside a mask and around it, within a box.
func newGrays(gray []uint8, mask []bool, r box, side int) *grays {
	inside, around := histograms(gray, mask, r, side) // each sums to 1
	g := &grays{}
	for b := range bins {
		l := math.Log((inside[b] + rarity) / (around[b] + rarity))
		g.ratio[b] = float32(min(max(l, -ratioMost), ratioMost))
	}
	return g
}

// likelihood is the log ratio at every pixel, linearly interpolated between bins.
func (g *grays) likelihood(gray []uint8) []float32 {
	var table [256]float32
	for v := range table {
		x := (float32(v)+0.5)*bins/256 - 0.5
		i := min(max(int(math.Floor(float64(x))), 0), bins-1)
		j, w := min(i+1, bins-1), min(max(x-float32(i), 0), 1)
		table[v] = g.ratio[i]*(1-w) + g.ratio[j]*w
	}
	out := make([]float32, len(gray))
	for i, v := range gray {
		out[i] = table[v]
	}
	return out
}

// histograms returns the normalized histograms inside and outside a mask, within a box.
func histograms(gray []uint8, mask []bool, r box, side int) (inside, around [bins]float64) {
	for y := r.y0; y < r.y1; y++ {
		for i := y*side + r.x0; i < y*side+r.x1; i++ {
			b := int(gray[i]) * bins / 256
			if mask[i] {
				inside[b]++
			} else {
				around[b]++
			}
		}
	}
	return smoothed(inside), smoothed(around)
}

// smoothed blurs a histogram and normalizes it to sum to 1.
func smoothed(h [bins]float64) (out [bins]float64) {
	const reach = 5
	var kernel [2*reach + 1]float64
	sum, total := 0.0, 0.0
	for k := range kernel {
		kernel[k] = math.Exp(-float64((k-reach)*(k-reach)) / (2 * binBlur * binBlur))
		sum += kernel[k]
	}
	for _, n := range h {
		total += n
	}
	for b := range bins {
		for k, w := range kernel {
			out[b] += w / sum / max(total, 1) * h[min(max(b+k-reach, 0), bins-1)]
		}
	}
	return out
}

// separation is the area under the ROC curve of values inside versus outside a mask, within a box.
func separation(values []float32, mask []bool, r box, side int) float64 {
	type one struct {
		v  float32
		in bool
	}
	var all []one
	in := 0
	for y := r.y0; y < r.y1; y++ {
		for i := y*side + r.x0; i < y*side+r.x1; i++ {
			all = append(all, one{values[i], mask[i]})
			if mask[i] {
				in++
			}
		}
	}
	out := len(all) - in
	if in == 0 || out == 0 {
		return 0.5
	}
	sort.Slice(all, func(i, j int) bool { return all[i].v < all[j].v })
	area, below := 0.0, 0
	for i := 0; i < len(all); { // equal values share a rank
		j, ins, outs := i, 0, 0
		for ; j < len(all) && all[j].v == all[i].v; j++ {
			if all[j].in {
				ins++
			} else {
				outs++
			}
		}
		area += float64(ins) * (float64(below) + float64(outs)/2)
		below += outs
		i = j
	}
	return area / float64(in) / float64(out)
}
