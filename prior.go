package slmsam

import (
	"fmt"
	"maps"
	"math"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// priorSide is the side of the slices that package carry works on; smaller models have their own.
const priorSide = 128

// prior follows one object without a network: what the network is shown and corrects.
type prior struct {
	model    *Model
	carriers map[int]*carry.Carrier // by slice: outlined ones, and the last tracked one
	tracked  int                    // that one; -1 without
	gap      float64                // between slices, in pixels of the prior
	gray     []uint8                // [side,side] the slice at hand
	proposal *carry.Proposal        // of it
	boxed    []bool                 // [side,side] what a box on it was found to hold; nil without
	absent   bool                   // what was found on it
}

// priors follow the objects of a batch; nil for a model that has none.
type priors []*prior

// newPriors returns those of n objects, nil for a model without.
func (m *Model) newPriors(n int) priors {
	if m.prior == nil {
		return nil
	}
	out := make(priors, n)
	for i := range out {
		out[i] = &prior{model: m, carriers: map[int]*carry.Carrier{}, tracked: -1}
	}
	return out
}

// PriorSide is the side of the slices that the prior works on.
func (c Config) PriorSide() int { return min(c.ImageSize, priorSide) }

// PriorGray brings an 8-bit slice [h,w] to the size that the prior works on.
func (c Config) PriorGray(gray []uint8, h, w int) []uint8 {
	side := c.PriorSide()
	return volume.ResizePIL(gray, h, w, side, side, volume.Bicubic)
}

// PriorMask brings a mask [h,w] to the size that the prior works on.
func (c Config) PriorMask(mask []bool, h, w int) []bool {
	return volume.ResizeMask(mask, h, w, c.PriorSide())
}

// PriorGap is how far slices of h x w pixels across an axis lie apart, in pixels of the prior. spacing is that of the
// volume's axes, in mm.
func (c Config) PriorGap(spacing [3]float64, axis, h, w int) float64 {
	inPlane := spacing[0] * spacing[1] * spacing[2] / spacing[axis] // the area of a pixel
	return spacing[axis] * float64(c.PriorSide()) / math.Sqrt(inPlane*float64(h*w))
}

// outline starts from a mask on a slice, [side,side] each.
func (p *prior) outline(slice int, gray []uint8, mask []bool) {
	p.carriers[slice] = carry.New(gray, mask, p.model.Config.PriorSide(), p.gap)
	p.proposal = p.carriers[slice].Here()
}

// pointed starts from what points have found on the slice at hand: logits [s,s].
func (p *prior) pointed(slice int, logits []float32) {
	mask := make([]bool, len(p.gray))
	for i, l := range p.resized(logits) {
		mask[i] = l > 0
	}
	p.outline(slice, p.gray, mask)
}

// propose expects the object on a slice, coming from the slice before; moved may be nil.
func (p *prior) propose(slice int, reverse bool, gray []uint8, moved *flow.Field) {
	before := slice - 1
	if reverse {
		before = slice + 1
	}
	c := p.carriers[before]
	if c == nil { // the range leaves slices out
		c = p.nearest(slice)
	}
	p.proposal = c.Propose(gray, moved)
}

// nearest is the carrier whose slice is nearest.
func (p *prior) nearest(slice int) *carry.Carrier {
	var best *carry.Carrier
	least := 0
	for s, c := range p.carriers {
		d := max(s-slice, slice-s)
		if best == nil || d < least || d == least && s < slice {
			best, least = c, d
		}
	}
	return best
}

// found goes on from the slice at hand with the logits of a mask, [s,s], nil where the object is absent.
func (p *prior) found(slice int, logits []float32) {
	from := p.proposal.From
	p.absent = logits == nil
	next := from.Skip()
	if logits != nil {
		next = from.Accept(p.proposal, p.resized(logits))
	}
	p.put(slice, next)
}

// Overlap (DSC) of a corrected mask with the proposed one below which a correction is not believed, and from which it is
// believed in full; and by how much a slice has to differ from the last one (1 less their correlation) for that.
const believedFrom, believedFull, believedChange = 0.65, 0.85, 0.001

// believed is what is left of a correction, logits [s,s] of the proposal's size: the more it turns the proposed mask
// inside out, the less, as what a refiner makes of objects that are like nothing it has seen may be anything (unless
// Config.PriorTrusted says that it has); and nothing where the slice is the last one again.
func (p *prior) believed(logits []float32) []float32 {
	k := min((1-p.proposal.Likeness())/believedChange, 1)
	if !p.model.Config.PriorTrusted {
		k *= min(max((float32(p.proposal.Overlap(logits))-believedFrom)/(believedFull-believedFrom), 0), 1)
	}
	out := make([]float32, len(logits))
	for i, l := range p.proposal.Logits {
		out[i] = l + k*(logits[i]-l)
	}
	return out
}

func (p *prior) put(slice int, c *carry.Carrier) {
	if p.tracked >= 0 {
		delete(p.carriers, p.tracked)
	}
	p.carriers[slice], p.tracked = c, slice
}

// resized brings logits to the prior's size.
func (p *prior) resized(logits []float32) []float32 {
	side, s := p.model.Config.PriorSide(), sideOf(len(logits))
	if s == side {
		return logits
	}
	return volume.ResizeBilinear(logits, s, s, side, side)
}

// sideOf is the side of a square of n pixels.
func sideOf(n int) int {
	side := 0
	for side*side < n {
		side++
	}
	if side*side != n {
		panic(fmt.Sprintf("slmsam: %d pixels are not a square", n))
	}
	return side
}

// without leaves the memory [B,N,M] and the pointers [B,C] of the slice before in place where an object is absent:
// absence is not remembered, and the object may come back.
func (p priors) without(g *nn.Graph, before *memattn.Entry, memory, pointers *nn.Tensor) (m, ptr *nn.Tensor) {
	if p == nil || before == nil {
		return memory, pointers
	}
	last := func(of *nn.Tensor) func(i int) *nn.Tensor {
		return func(i int) *nn.Tensor {
			if p[i].absent {
				return g.Item(of, i)
			}
			return nil
		}
	}
	return g.ReplaceItems(memory, last(before.Memory)), g.ReplaceItems(pointers, last(before.Pointer))
}

// see lets the prior of an object look at a slice. on holds the prompt on it, empty on a tracked slice.
func (t *Tracker) see(of Slices, slice int, reverse bool, on []Prompt) {
	c, p := t.model.Config, t.priors[0]
	h, w := of.Size()
	p.gray, p.gap = c.PriorGray(of.Gray(slice), h, w), c.PriorGap(of.Volume.Geom.Spacing, of.Axis, h, w)
	switch {
	case len(on) == 0:
		p.propose(slice, reverse, p.gray, nil)
	case on[0].outline():
		p.outline(slice, p.gray, c.PriorMask(on[0].Mask, h, w))
	case t.model.Config.PriorAlone && on[0].boxOnly():
		p.boxed = carry.Boxed(p.gray, c.PriorMask(coveredBy(on[0], h, w), h, w), c.PriorSide())
		p.outline(slice, p.gray, p.boxed)
	default:
		p.proposal, p.boxed = nil, nil // until the points have found something
	}
}

// boxOnly says whether a prompt is a box and nothing else.
func (p Prompt) boxOnly() bool {
	return p.Mask == nil && len(p.Points) == 2 && p.Points[0].Label == BoxTopLeft && p.Points[1].Label == BoxBottomRight
}

// clone returns priors that go their own way from here.
func (p priors) clone() priors {
	if p == nil {
		return nil
	}
	out := make(priors, len(p))
	for i, one := range p {
		of := *one
		of.carriers = maps.Clone(one.carriers)
		out[i] = &of
	}
	return out
}

// keep leaves what is known of one slice alone.
func (p priors) keep(slice int) {
	for _, one := range p {
		maps.DeleteFunc(one.carriers, func(s int, _ *carry.Carrier) bool { return s != slice })
		one.tracked = -1
	}
}

// prompted goes on from what points have found on an outlined slice; masks were taken in before.
func (p priors) prompted(slice int, found Found) {
	for i, one := range p {
		if one.proposal == nil {
			one.pointed(slice, found.Low[i])
		}
	}
}

// sureScore is the object score at which a mask's logits count in full.
const sureScore = 5

// tracked goes on from what was found on a tracked slice. Then it lets the masks' logits count as much as the objects are
// surely there: an object that ends leaves its place to a neighbor.
func (p priors) tracked(slice int, found Found) {
	for i, one := range p {
		if !found.present[i] {
			one.found(slice, nil)
			continue
		}
		found.Low[i] = one.believed(found.Low[i])
		one.found(slice, found.Low[i])
		found.Low[i] = times(found.Low[i], min(max(found.Score[i]/sureScore, 0.02), 1))
	}
}

// given is what masks of outlined slices say, as the network would.
func given(masks [][]bool) Found {
	var f Found
	for _, mask := range masks {
		f.Low, f.Score, f.IoU = append(f.Low, maskLogits(mask)), append(f.Score, decoder.MaskScale+decoder.MaskBias), append(f.IoU, []float32{1})
		f.present = append(f.present, true)
	}
	return f
}

// needsFeatures says whether a slice's features are looked at: with Config.PriorAlone those of clicks alone.
func (m *Model) needsFeatures(on []Prompt) bool {
	return !m.Config.PriorAlone || len(on) > 0 && !on[0].outline() && !on[0].boxOnly()
}
