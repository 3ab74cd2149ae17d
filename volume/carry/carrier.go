package carry

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// Settings of a proposal, chosen on volumes other than the test volumes (docs/nano.md).
const (
	trust      = 0.6  // weight of the gray values, where they separate inside from outside
	softness   = 0.04 // distance over which the carried outline is uncertain, relative to the object's size
	price      = 1.0  // cost per pixel of outline in the cut
	logitBound = 4    // bound on the logits of the carried outline
)

// Carrier is an object on its last slice, from which the next one is proposed. It is immutable; Accept and Skip
// return its successor.
type Carrier struct {
	side  int
	gray  []uint8   // [N] the slice
	field []float32 // [N] signed distance, positive inside
	grays *grays

	origin origin
	drift  *flow.Field // flow accumulated since the outlined slice

	// properties of the original outline
	area            float64
	mean, deviation float64       // of its gray values
	fit             float64       // mean gray-value likelihood inside
	inside, around  [bins]float64 // gray-value histograms
	edge            float64       // how well gray values separate its inside from its rim: area under the ROC curve
	contrast        float64       // between its inside and its rim
	sharpness       float64       // of its border
	trust           float64       // weight of the gray values in the cut
	hollow          bool          // holes belong to its shape

	gap      float64 // between slices, in pixels
	lastArea float64
	steps    int // slices since the outline
	missed   int // slices since the object was last found
}

// origin is the outlined slice: gray values and signed distance, [N] each.
type origin struct{ gray, field []float32 }

// New starts from an outline on a slice, [N] each. Slices are gap pixels apart.
func New(gray []uint8, mask []bool, side int, gap float64) *Carrier {
	if len(gray) != side*side || len(mask) != side*side {
		panic(fmt.Sprintf("carry.New: got %d gray values and %d mask pixels, want (%d,%d)", len(gray), len(mask), side, side))
	}
	c := &Carrier{side: side, gray: gray, field: SignedDistance(mask, side), hollow: hollow(mask, side), gap: gap}
	c.origin, c.drift = origin{float32s(gray), c.field}, flow.Still(side, side)
	b, ok := bounds(mask, side)
	if !ok {
		b = box{0, 0, side, side}
	}
	c.area = float64(max(masks.Area(mask), 1))
	c.lastArea = c.area
	c.mean, c.deviation = moments(gray, mask)
	c.grays = newGrays(gray, mask, b.grown(0.6, 4, side), side)
	r := rim(mask, side)
	c.inside, c.around = histograms(gray, mask, r, side)
	likely := c.grays.likelihood(gray)
	c.fit = mean(likely, mask)
	c.edge = separation(likely, mask, r, side)
	c.contrast, c.sharpness = contrast(gray, mask, r, side), sharpness(gray, c.field, side)
	c.trust = trust * math.Pow(max(2*c.edge-1, 0), 2)
	return c
}

// Proposal is what the next slice is expected to contain.
type Proposal struct {
	Flow     []float32 // [N] signed distance of the outline moved by the flow, in pixels
	Likely   []float32 // [N] log ratio of the gray value's frequency inside and around the object, within -3..3
	Logits   []float32 // [N] the proposed mask: its signed distance divided by the outline's softness, within -4..4
	Last     []float32 // [N] gray values of the last slice with the object, warped to this one
	Outlined []float32 // [N] gray values of the outlined slice, warped likewise
	Outline  []float32 // [N] signed distance of the outline, warped likewise
	Evidence Evidence
	From     *Carrier // the carrier that proposed it

	gray  []uint8
	field []float32 // [N] signed distance of the proposed outline
	drift *flow.Field
}

// Propose predicts the object on the next slice, [N]. moved is the flow to it from the previous slice; nil computes
// it.
func (c *Carrier) Propose(gray []uint8, moved *flow.Field) *Proposal {
	if moved == nil || c.missed > 0 {
		moved = flow.Between(c.gray, gray, c.side, c.side)
	}
	drift := c.drift.Then(moved)
	p := &Proposal{From: c, gray: gray, Flow: moved.Warp(c.field), Likely: c.grays.likelihood(gray), Last: moved.Warp(float32s(c.gray)),
		Outlined: drift.Warp(c.origin.gray), Outline: drift.Warp(c.origin.field), drift: drift}
	carried := masks.Positive(p.Flow)
	b, ok := bounds(carried, c.side)
	if !ok {
		p.field = p.Flow
		p.Logits = scaled(p.Flow, 1)
		p.Evidence = c.evidence(p, carried, carried)
		return p
	}
	scale := c.softness(carried)
	gain := make([]float32, len(gray))
	for i, d := range p.Flow {
		gain[i] = min(max(d/scale, -logitBound), logitBound) + float32(c.trust)*p.Likely[i]
	}
	snapped := masks.Positive(offset(cut(gain, gray, b.grown(0.5, 8, c.side), c.side, price), -0.5))
	snapped = touching(snapped, carried, c.side)
	if !c.hollow {
		snapped = masks.Filled(snapped, c.side)
	}
	p.field = p.Flow
	if masks.Area(snapped) > 0 {
		p.field = average(p.Flow, SignedDistance(snapped, c.side))
	}
	p.Logits = scaled(p.field, scale)
	p.Evidence = c.evidence(p, carried, snapped)
	return p
}

// Here returns the outline itself as the proposal for its own slice.
func (c *Carrier) Here() *Proposal {
	p := &Proposal{From: c, gray: c.gray, field: c.field, Flow: c.field, Likely: c.grays.likelihood(c.gray), Last: c.origin.gray,
		Outlined: c.origin.gray, Outline: c.origin.field, drift: c.drift}
	p.Logits = scaled(c.field, c.softness(masks.Positive(c.field)))
	return p
}

// softness is the distance over which a carried outline is uncertain, in pixels.
func (c *Carrier) softness(mask []bool) float32 {
	return float32(max(softness*math.Sqrt(float64(masks.Area(mask))), 1))
}

// Field is the signed distance of the proposed outline: the mean of the cut's and the carried outline's.
func (p *Proposal) Field() []float32 { return p.field }

// Overlap is the Dice coefficient of the proposed mask and another, given as logits [N].
func (p *Proposal) Overlap(logits []float32) float64 {
	return masks.Dice(masks.Positive(p.Logits), masks.Positive(logits))
}

// Accept moves on to the proposal's slice with the object found there: logits or distances [N], positive inside.
func (c *Carrier) Accept(p *Proposal, found []float32) *Carrier {
	n := *c
	n.steps++
	n.missed = 0
	mask := masks.Positive(found)
	if masks.Area(mask) == 0 {
		return c.Skip()
	}
	n.gray, n.field, n.drift = p.gray, SignedDistance(mask, c.side), p.drift
	n.lastArea = float64(masks.Area(mask))
	return &n
}

// AcceptCut moves on with the proposal unchanged.
func (c *Carrier) AcceptCut(p *Proposal) *Carrier { return c.Accept(p, p.field) }

// Skip moves on from a slice without the object. The next proposal is still made from the last slice that had it, so
// that the object can return.
func (c *Carrier) Skip() *Carrier {
	n := *c
	n.steps++
	n.missed++
	return &n
}

// average is the mean of two outlines' distances. Flow drifts, and a cut misled by gray values jumps; each restrains
// the other.
func average(a, b []float32) []float32 {
	out := make([]float32, len(a))
	for i := range out {
		out[i] = (a[i] + b[i]) / 2
	}
	return out
}

// float32s converts gray values to float32.
func float32s(gray []uint8) []float32 {
	out := make([]float32, len(gray))
	for i, v := range gray {
		out[i] = float32(v)
	}
	return out
}

// offset adds by to all values.
func offset(values []float32, by float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = v + by
	}
	return out
}

// scaled divides distances by the softness of an outline, within -logitBound..logitBound.
func scaled(distance []float32, softness float32) []float32 {
	out := make([]float32, len(distance))
	for i, d := range distance {
		out[i] = min(max(d/softness, -logitBound), logitBound)
	}
	return out
}

// mean is the mean of values under a mask; 0 if it is empty.
func mean(values []float32, mask []bool) float64 {
	sum, n := 0.0, 0
	for i, on := range mask {
		if on {
			sum += float64(values[i])
			n++
		}
	}
	return sum / float64(max(n, 1))
}
