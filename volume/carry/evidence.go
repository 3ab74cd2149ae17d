package carry

import "math"

// Signs is how many numbers Evidence has.
const Signs = 17

// likenessSign is the place of likeness among the signs.
const likenessSign = 5

// Likeness is how much the surroundings of the proposed outline look as on the last slice: their correlation, 1 at most.
func (p *Proposal) Likeness() float32 { return min(p.Evidence[likenessSign], 1) }

// Evidence says how much speaks for the object being where a proposal has it, each number within -3..3.
type Evidence [Signs]float32

// evidence compares a proposal with the outline that the object came from and with the last slice. carried and snapped are
// the outline that the flow carried to the proposal's slice and the cut.
func (c *Carrier) evidence(p *Proposal, carried, snapped []bool) (e Evidence) {
	area := float64(max(count(snapped), 1))
	near := rim(snapped, c.side)
	gray, _ := moments(p.gray, snapped)
	found := positive(p.field)
	foundRim := rim(found, c.side)
	inside, around := histograms(p.gray, found, foundRim, c.side)
	_, deviation := moments(p.gray, found)
	for i, v := range [Signs]float64{
		mean(p.Likely, snapped) - c.fit,                            // gray values fit less than on the outline
		2*overlap(carried, snapped) - 1,                            // the cut agrees with the flow
		math.Log(area / c.area),                                    // the object shrinks
		math.Log(area / c.lastArea),                                // at once
		math.Abs(gray-c.mean) / max(c.deviation, 4),                // it changes its gray
		likeness(p, near, c.side),                                  // it looks as on the last slice
		4 * (separation(p.Likely, snapped, near, c.side) - c.edge), // it stands out less
		math.Log1p(float64(c.steps)),                               // the outline is many slices away
		math.Log1p(float64(c.missed)),                              // it was missing before
		math.Log(float64(max(count(carried), 1)) / c.area),         // the carried outline shrinks
		c.sharpness,                                   // how sharp the outlined border is
		common(inside, c.inside),                      // its gray values are those of the outline
		common(around, c.around),                      // and so are those around it
		math.Log((deviation + 3) / (c.deviation + 3)), // its gray values spread
		left(contrast(p.gray, found, foundRim, c.side), c.contrast), // it is as much brighter or darker than around it
		roundness(found, c.side),                                    // it is ragged
		float64(c.steps+1) * c.gap / math.Sqrt(c.area/math.Pi),      // the outline is so many of the object's radii away
	} {
		e[i] = float32(min(max(v, -3), 3))
	}
	return e
}

// rim is the part of a slice that an object is compared with.
func rim(mask []bool, side int) box {
	b, ok := bounds(mask, side)
	if !ok {
		return box{0, 0, side, side}
	}
	return b.grown(0.3, 4, side)
}

// common is the part that two histograms share, 0..1.
func common(a, b [bins]float64) float64 {
	sum := 0.0
	for i := range a {
		sum += min(a[i], b[i])
	}
	return sum
}

// left is how much of the outline's contrast there still is, -1..1.
func left(now, outlined float64) float64 {
	const floor = 0.5
	return min(max(math.Copysign(now, now*outlined)/max(math.Abs(outlined), floor), -1), 1)
}

// contrast is the difference of mean gray values inside a mask and around it, within a box, in standard deviations.
func contrast(gray []uint8, mask []bool, r box, side int) float64 {
	const floor = 25 // of the variance, in gray values squared
	var n, sum, squares [2]float64
	for y := r.y0; y < r.y1; y++ {
		for i := y*side + r.x0; i < y*side+r.x1; i++ {
			k, v := 0, float64(gray[i])
			if mask[i] {
				k = 1
			}
			n[k], sum[k], squares[k] = n[k]+1, sum[k]+v, squares[k]+v*v
		}
	}
	if n[0] == 0 || n[1] == 0 {
		return 0
	}
	out, in := sum[0]/n[0], sum[1]/n[1]
	variance := (squares[0]/n[0] - out*out + squares[1]/n[1] - in*in) / 2
	return (in - out) / math.Sqrt(variance+floor)
}

// sharpness is the mean step of gray values across the border of an outline with a signed distance, in units of 40.
func sharpness(gray []uint8, field []float32, side int) float64 {
	const reach, unit = 2, 40
	sum, n := 0.0, 0
	for y := reach; y < side-reach; y++ {
		for x := reach; x < side-reach; x++ {
			i := y*side + x
			if field[i] <= -1 || field[i] >= 1 {
				continue
			}
			gx, gy := float64(field[i+1]-field[i-1]), float64(field[i+side]-field[i-side])
			length := math.Hypot(gx, gy)
			if length < 1e-6 {
				continue
			}
			step := int(math.Round(reach*gy/length))*side + int(math.Round(reach*gx/length))
			sum += math.Abs(float64(gray[i+step]) - float64(gray[i-step]))
			n++
		}
	}
	return sum / float64(max(n, 1)) / unit
}

// roundness is the squared number of border pixels of a mask by its area, 1 for a disc.
func roundness(mask []bool, side int) float64 {
	border := 0
	for i, on := range mask {
		y, x := i/side, i%side
		if on && (y == 0 || x == 0 || y == side-1 || x == side-1 || !mask[i-1] || !mask[i+1] || !mask[i-side] || !mask[i+side]) {
			border++
		}
	}
	return float64(max(border*border, 1)) / float64(max(count(mask), 1)) / (4 * math.Pi)
}

// likeness is the correlation, within a box, of a slice with the last one carried along.
func likeness(p *Proposal, r box, side int) float64 {
	var n, a, b, aa, ab, bb float64
	for y := r.y0; y < r.y1; y++ {
		for i := y*side + r.x0; i < y*side+r.x1; i++ {
			u, v := float64(p.Last[i]), float64(p.gray[i])
			n, a, b, aa, ab, bb = n+1, a+u, b+v, aa+u*u, ab+u*v, bb+v*v
		}
	}
	va, vb := aa/n-a*a/n/n, bb/n-b*b/n/n
	return (ab/n - a*b/n/n) / math.Sqrt(max(va*vb, 1))
}
