package carry

import (
	"math"

	"github.com/seed-6f79f512/slmsam/internal/masks"
)

// Signs is the number of values in Evidence.
const Signs = 17

// likenessSign is the index of the likeness in Evidence.
const likenessSign = 5

// Likeness is how similar the surroundings of the proposed outline look to the last slice: their correlation, at most
// 1.
func (p *Proposal) Likeness() float32 { return min(p.Evidence[likenessSign], 1) }

// Evidence holds signs of whether the object is where a proposal puts it, each within -3..3.
type Evidence [Signs]float32

// evidence compares a proposal with the original outline and with the last slice. carried is the outline moved by the
// flow, snapped the result of the cut.
func (c *Carrier) evidence(p *Proposal, carried, snapped []bool) (e Evidence) {
	area := float64(max(masks.Area(snapped), 1))
	near := rim(snapped, c.side)
	gray, _ := moments(p.gray, snapped)
	found := masks.Positive(p.field)
	foundRim := rim(found, c.side)
	inside, around := histograms(p.gray, found, foundRim, c.side)
	_, deviation := moments(p.gray, found)
	for i, v := range [Signs]float64{
		mean(p.Likely, snapped) - c.fit,                            // do gray values fit as well as in the outline?
		2*masks.Dice(carried, snapped) - 1,                         // does the cut agree with the flow?
		math.Log(area / c.area),                                    // has the object shrunk since the outline,
		math.Log(area / c.lastArea),                                // or since the last slice?
		math.Abs(gray-c.mean) / max(c.deviation, 4),                // has its mean gray value changed?
		likeness(p, near, c.side),                                  // does it look like the last slice?
		4 * (separation(p.Likely, snapped, near, c.side) - c.edge), // does it stand out as much?
		math.Log1p(float64(c.steps)),                               // how many slices away is the outline?
		math.Log1p(float64(c.missed)),                              // for how many slices has it been missing?
		math.Log(float64(max(masks.Area(carried), 1)) / c.area),    // has the carried outline shrunk?
		c.sharpness,                                   // how sharp was the outlined border?
		shared(inside, c.inside),                      // is its histogram like the outline's,
		shared(around, c.around),                      // and that of its surroundings?
		math.Log((deviation + 3) / (c.deviation + 3)), // do its gray values vary more?
		contrastLeft(contrast(p.gray, found, foundRim, c.side), c.contrast), // how much of its contrast is left?
		raggedness(found, c.side),                              // how ragged is it?
		float64(c.steps+1) * c.gap / math.Sqrt(c.area/math.Pi), // how many of the object's radii away is the outline?
	} {
		e[i] = float32(min(max(v, -3), 3))
	}
	return e
}

// rim is the part of a slice that an object is compared with: its bounding box and a margin.
func rim(mask []bool, side int) box {
	b, ok := bounds(mask, side)
	if !ok {
		return box{0, 0, side, side}
	}
	return b.grown(0.3, 4, side)
}

// shared is the overlap of two normalized histograms, 0..1.
func shared(a, b [bins]float64) float64 {
	sum := 0.0
	for i := range a {
		sum += min(a[i], b[i])
	}
	return sum
}

// contrastLeft is the fraction of the outline's contrast that remains, -1..1.
func contrastLeft(now, outlined float64) float64 {
	const floor = 0.5
	return min(max(math.Copysign(now, now*outlined)/max(math.Abs(outlined), floor), -1), 1)
}

// contrast is the difference between the mean gray values inside and around a mask, within a box, in standard
// deviations.
func contrast(gray []uint8, mask []bool, r box, side int) float64 {
	const floor = 25 // added to the variance, in gray levels squared
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

// sharpness is the mean step in gray values across an outline given as a signed distance, in units of 40 gray levels.
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

// raggedness is a mask's squared number of border pixels relative to its area; about 1 for a disc, more for ragged
// shapes.
func raggedness(mask []bool, side int) float64 {
	border := 0
	for i, on := range mask {
		y, x := i/side, i%side
		if on && (y == 0 || x == 0 || y == side-1 || x == side-1 || !mask[i-1] || !mask[i+1] || !mask[i-side] || !mask[i+side]) {
			border++
		}
	}
	return float64(max(border*border, 1)) / float64(max(masks.Area(mask), 1)) / (4 * math.Pi)
}

// likeness is the correlation, within a box, between a slice and the last one warped to it.
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
