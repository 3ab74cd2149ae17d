package drawing

// boxLeast is the least part of its box that an object fills; below that the box's ellipse is taken.
const boxLeast = 0.25

// inBox is a rough outline of what a box was drawn about: the pixels of its ellipse on the middle's side of the
// threshold that separates the box's intensities best (Otsu), connected to the middle; the ellipse itself where
// that is too little to be meant.
func (p *pad) inBox() []bool {
	ellipse := make([]bool, p.h*p.w)
	r := p.rect
	cx, cy := float64(r.x0+r.x1-1)/2, float64(r.y0+r.y1-1)/2
	rx, ry := float64(r.x1-r.x0)/2, float64(r.y1-r.y0)/2
	var inside []float32
	smooth := p.smoothed()
	area := 0
	for y := r.y0; y < r.y1; y++ {
		for x := r.x0; x < r.x1; x++ {
			dx, dy := (float64(x)-cx)/rx, (float64(y)-cy)/ry
			ellipse[y*p.w+x] = dx*dx+dy*dy <= 1
			inside = append(inside, smooth[y*p.w+x])
			if ellipse[y*p.w+x] {
				area++
			}
		}
	}
	middle := int(cy)*p.w + int(cx)
	threshold := otsu(inside)
	bright := smooth[middle] > threshold
	seed := make([]bool, len(ellipse))
	seed[middle] = true
	region := p.filled(p.flood(seed, func(i int) bool { return ellipse[i] && smooth[i] > threshold == bright }))
	found := 0
	for _, on := range region {
		if on {
			found++
		}
	}
	if float64(found) < boxLeast*float64(area) {
		return ellipse
	}
	return region
}

// otsu is the threshold with the largest variance between the two classes (Otsu 1979), from 64 bins.
func otsu(values []float32) float32 {
	const bins = 64
	lo, hi := values[0], values[0]
	for _, x := range values {
		lo, hi = min(lo, x), max(hi, x)
	}
	if lo == hi {
		return lo
	}
	var counts [bins]float64
	var total float64
	for _, x := range values {
		bin := min(bins-1, int((x-lo)/(hi-lo)*bins))
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
	return lo + (hi-lo)*float32(at+1)/bins
}
