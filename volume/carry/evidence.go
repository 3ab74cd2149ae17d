package carry

import (
	"math"

	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// Signs is how many numbers Evidence has.
const Signs = 10

// Evidence says how much speaks for the object being where a proposal has it, each number about within -3..3.
type Evidence [Signs]float32

// evidence compares a proposal with the outline that the object came from and with the last slice.
func (c *Carrier) evidence(p *Proposal, moved *flow.Field, carried, snapped []bool) (e Evidence) {
	area := float64(max(count(snapped), 1))
	b, ok := bounds(snapped, c.side)
	if !ok {
		b = box{0, 0, c.side, c.side}
	}
	rim := b.grown(0.3, 4, c.side)
	gray, _ := moments(p.gray, snapped)
	for i, v := range [Signs]float64{
		mean(p.Likely, snapped) - c.fit,                           // gray values fit less than on the outline
		2*overlap(carried, snapped) - 1,                           // the cut agrees with the flow
		math.Log(area / c.area),                                   // the object shrinks
		math.Log(area / c.lastArea),                               // at once
		math.Abs(gray-c.mean) / max(c.deviation, 4),               // it changes its gray
		c.likeness(p, moved, rim),                                 // it looks as on the last slice
		4 * (separation(p.Likely, snapped, rim, c.side) - c.edge), // it stands out less
		math.Log1p(float64(c.steps)),                              // the outline is far away
		math.Log1p(float64(c.missed)),                             // it was missing before
		math.Log(float64(max(count(carried), 1)) / c.area),        // the carried outline shrinks
	} {
		e[i] = float32(min(max(v, -3), 3))
	}
	return e
}

// likeness is the correlation, within a box, of a slice with the last one carried along.
func (c *Carrier) likeness(p *Proposal, moved *flow.Field, r box) float64 {
	last := make([]float32, len(c.gray))
	for i, v := range c.gray {
		last[i] = float32(v)
	}
	last = moved.Warp(last)
	var n, a, b, aa, ab, bb float64
	for y := r.y0; y < r.y1; y++ {
		for i := y*c.side + r.x0; i < y*c.side+r.x1; i++ {
			u, v := float64(last[i]), float64(p.gray[i])
			n, a, b, aa, ab, bb = n+1, a+u, b+v, aa+u*u, ab+u*v, bb+v*v
		}
	}
	va, vb := aa/n-a*a/n/n, bb/n-b*b/n/n
	return (ab/n - a*b/n/n) / math.Sqrt(max(va*vb, 1))
}
