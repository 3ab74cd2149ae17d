package slmsam

import (
	"fmt"
	"maps"
	"math"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// priorSide is the side of the slices that package carry works on; models with smaller images use their own size.
const priorSide = 128

// prior tracks one object without a network: the network sees and corrects its proposals.
type prior struct {
	model    *Model
	carriers map[int]*carry.Carrier // by slice: the outlined ones, and the last tracked one
	tracked  int                    // the last tracked slice; -1: none
	gap      float64                // between slices, in pixels of the prior
	gray     []uint8                // [side,side] the current slice
	proposal *carry.Proposal        // for the current slice
	absent   bool                   // the object was not found on it
}

// priors track the objects of a batch; nil for a model without a prior.
type priors []*prior

// newPriors returns the priors of n objects; nil for a model without a prior.
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

// PriorGray resizes an 8-bit slice [h,w] to the prior's size.
func (c Config) PriorGray(gray []uint8, h, w int) []uint8 {
	side := c.PriorSide()
	return volume.ResizePIL(gray, h, w, side, side, volume.Bicubic)
}

// PriorMask resizes a mask [h,w] to the prior's size.
func (c Config) PriorMask(mask []bool, h, w int) []bool {
	return volume.ResizeMask(mask, h, w, c.PriorSide())
}

// PriorGap is the distance between slices of h x w pixels along an axis, in pixels of the prior. spacing is that of
// the volume's axes, in mm.
func (c Config) PriorGap(spacing [3]float64, axis, h, w int) float64 {
	inPlane := spacing[0] * spacing[1] * spacing[2] / spacing[axis] // the area of a pixel
	return spacing[axis] * float64(c.PriorSide()) / math.Sqrt(inPlane*float64(h*w))
}

// outline starts from a mask on a slice, [side,side] each.
func (p *prior) outline(slice int, gray []uint8, mask []bool) {
	p.carriers[slice] = carry.New(gray, mask, p.model.Config.PriorSide(), p.gap)
	p.proposal = p.carriers[slice].Here()
}

// startFromPoints starts from what points have found on the current slice: logits [s,s].
func (p *prior) startFromPoints(slice int, logits []float32) {
	p.outline(slice, p.gray, masks.Positive(p.resized(logits)))
}

// propose predicts the object on a slice from the previous one; moved may be nil.
func (p *prior) propose(slice int, reverse bool, gray []uint8, moved *flow.Field) {
	before := slice - 1
	if reverse {
		before = slice + 1
	}
	c := p.carriers[before]
	if c == nil { // slices outside the range were skipped
		c = p.nearest(slice)
	}
	p.proposal = c.Propose(gray, moved)
}

// nearest returns the carrier on the slice nearest to the given one.
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

// found continues from the current slice with the logits of a mask, [s,s]; nil if the object is absent.
func (p *prior) found(slice int, logits []float32) {
	from := p.proposal.From
	p.absent = logits == nil
	next := from.Skip()
	if logits != nil {
		next = from.Accept(p.proposal, p.resized(logits))
	}
	p.put(slice, next)
}

// A correction is rejected if its mask's overlap (DSC) with the proposal is below believedFrom, and fully
// accepted from believedFull on, provided that the slice differs from the last one by at least believedChange
// (1 minus their correlation).
const believedFrom, believedFull, believedChange = 0.65, 0.85, 0.001

// believed limits a correction, logits [s,s] at the proposal's size. The more it departs from the proposed mask, the
// less of it is kept, because a refiner may do anything with objects unlike those it was trained on (unless
// Config.PriorTrusted rules that out). Nothing of it is kept if the slice is identical to the last one.
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

// put stores the carrier of a tracked slice in place of the previous one's.
func (p *prior) put(slice int, c *carry.Carrier) {
	if p.tracked >= 0 {
		delete(p.carriers, p.tracked)
	}
	p.carriers[slice], p.tracked = c, slice
}

// resized resizes logits to the prior's size.
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

// keepAbsent keeps the previous slice's memory [B,N,M] and pointers [B,C] for absent objects: absence is not
// remembered, so that the object can return.
func (p priors) keepAbsent(g *nn.Graph, before *memattn.Entry, memory, pointers *nn.Tensor) (m, ptr *nn.Tensor) {
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

// observe shows a slice to the prior of an object. on holds the prompt on the slice and is empty for tracked slices.
func (t *Tracker) observe(of Slices, slice int, reverse bool, on []Prompt) {
	c, p := t.model.Config, t.priors[0]
	h, w := of.Size()
	p.gray, p.gap = c.PriorGray(of.Gray(slice), h, w), c.PriorGap(of.Volume.Geom.Spacing, of.Axis, h, w)
	switch {
	case len(on) == 0:
		p.propose(slice, reverse, p.gray, nil)
	case on[0].outline():
		p.outline(slice, p.gray, c.PriorMask(on[0].Mask, h, w))
	default:
		p.proposal = nil // until the points have found the object
	}
}

// clone returns independent copies of the priors.
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

// keep discards everything except what is known of one slice.
func (p priors) keep(slice int) {
	for _, one := range p {
		maps.DeleteFunc(one.carriers, func(s int, _ *carry.Carrier) bool { return s != slice })
		one.tracked = -1
	}
}

// prompted continues from what points have found on an outlined slice; masks are already in place.
func (p priors) prompted(slice int, found Found) {
	for i, one := range p {
		if one.proposal == nil {
			one.startFromPoints(slice, found.Low[i])
		}
	}
}

// sureScore is the object score from which a mask's logits count in full.
const sureScore = 5

// tracked continues from what was found on a tracked slice, less the pixels that other objects claim. Then it scales the
// masks' logits by how sure the objects are present, so that an object that ends yields to its neighbors.
func (p priors) tracked(slice int, found Found, claims []float32) {
	for i, one := range p {
		if !found.present[i] {
			one.found(slice, nil)
			continue
		}
		sure := min(max(found.Score[i]/sureScore, 0.02), 1)
		found.Low[i] = one.believed(found.Low[i])
		yield(found.Low[i], sure, claims)
		one.found(slice, found.Low[i])
		found.Low[i] = times(found.Low[i], sure)
	}
}

// foundIn returns the masks of outlined slices in the form that the network would return.
func foundIn(masks [][]bool) Found {
	var f Found
	for _, mask := range masks {
		f.Low, f.Score, f.IoU = append(f.Low, maskLogits(mask)), append(f.Score, decoder.MaskScale+decoder.MaskBias), append(f.IoU, []float32{1})
		f.present = append(f.present, true)
	}
	return f
}
