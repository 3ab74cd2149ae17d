package drawing

import "github.com/seed-6f79f512/slmsam/internal/masks"

// minBoxShare is the smallest share of the ellipse in a box that an object fills. If less is found, the ellipse itself is
// taken.
const minBoxShare = 0.25

// inBox returns a rough outline of the object in the stroke's box. Otsu's threshold divides the box's intensities into two
// classes. The outline is the part of the box's ellipse that is in the same class as its middle and connected to it, or,
// if that is implausibly small, the whole ellipse.
func (p *plane) inBox() []bool {
	ellipse := make([]bool, p.h*p.w)
	r := p.rect
	cx, cy := float64(r.x0+r.x1-1)/2, float64(r.y0+r.y1-1)/2
	rx, ry := float64(r.x1-r.x0)/2, float64(r.y1-r.y0)/2
	var inside []float32
	smooth := p.smoothed()
	for y := r.y0; y < r.y1; y++ {
		for x := r.x0; x < r.x1; x++ {
			dx, dy := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			ellipse[y*p.w+x] = dx*dx+dy*dy <= 1
			inside = append(inside, smooth[y*p.w+x])
		}
	}
	middle := int(cy)*p.w + int(cx)
	threshold := otsu(inside)
	bright := float64(smooth[middle]) > threshold
	seed := make([]bool, len(ellipse))
	seed[middle] = true
	found := masks.Filled(p.flood(seed, func(i int) bool { return ellipse[i] && (float64(smooth[i]) > threshold) == bright }), p.w)
	if float64(masks.Area(found)) < minBoxShare*float64(masks.Area(ellipse)) {
		return ellipse
	}
	return found
}

// otsu returns the threshold that maximizes the variance between the two classes it separates (Otsu 1979), to the
// resolution of 64 bins.
func otsu(values []float32) float64 {
	const bins = 64
	lo, hi := float64(values[0]), float64(values[0])
	for _, x := range values {
		lo, hi = min(lo, float64(x)), max(hi, float64(x))
	}
	if lo == hi {
		return lo
	}
	var counts [bins]float64
	var total float64
	for _, x := range values {
		bin := min(bins-1, int((float64(x)-lo)/(hi-lo)*bins))
		counts[bin]++
		total += float64(bin)
	}
	var below, sum, best float64
	at := 0
	n := float64(len(values))
	for bin, count := range counts[:bins-1] {
		below += count
		sum += count * float64(bin)
		if below == 0 || below == n {
			continue
		}
		gap := sum/below - (total-sum)/(n-below)
		if variance := below * (n - below) * gap * gap; variance > best {
			best, at = variance, bin
		}
	}
	return lo + (hi-lo)*float64(at+1)/bins
}
