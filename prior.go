package slmsam

import (
	"fmt"
	"maps"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// priorSide is the side of the slices that package carry works on; smaller models have their own.
const priorSide = 128

// priorHeads are the parameters of a model with Config.Prior.
type priorHeads struct {
	gain     *nn.Tensor // [1,1,1,1] of the prior's logits
	evidence nn.Linear  // Signs -> 1: what speaks for the object being there
	token    nn.Linear  // Signs -> C: the same as a prompt token
	border   *decoder.Border
}

func newPriorHeads(p *nn.Params, width int) *priorHeads {
	return &priorHeads{gain: p.Tensor("gain", nn.Const(1), nil, 1, 1, 1, 1),
		evidence: p.Linear("evidence", carry.Signs, 1), token: p.Linear("token", carry.Signs, width), border: decoder.NewBorder(p.In("border"))}
}

// prior follows one object without a network: what the network is shown and corrects.
type prior struct {
	model    *Model
	carriers map[int]*carry.Carrier // by slice: outlined ones, and the last tracked one
	tracked  int                    // that one; -1 without
	gray     []uint8                // [side,side] the slice at hand
	proposal *carry.Proposal        // of it
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

// outline starts from a mask on a slice, [side,side] each.
func (p *prior) outline(slice int, gray []uint8, mask []bool) {
	p.carriers[slice] = carry.New(gray, mask, p.model.Config.PriorSide())
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

// pixels is what the network is shown of a slice of every object, [S,S] each: its gray values, how likely they are the
// object's, and where it is expected; nothing of the last two before there is an outline.
func (p priors) pixels(g *nn.Graph, gray [][]uint8) *nn.Tensor {
	var out []float32
	size := p[0].model.Config.ImageSize
	for k, one := range p {
		side := one.model.Config.PriorSide()
		channels := [][]float32{normalised(gray[k]), make([]float32, size*size), make([]float32, size*size)}
		if one.proposal != nil {
			for c, values := range [][]float32{one.proposal.Likely, one.proposal.Logits} {
				channels[1+c] = volume.ResizeBilinear(times(values, viewScale), side, side, size, size)
			}
		}
		out = append(out, interleaved(channels)...)
	}
	return g.Upload(out, len(p), size, size, 3)
}

// viewScale brings the prior's logits to about -2..2, and outlineScale distances in pixels likewise.
const viewScale, outlineScale = 0.5, 0.2

// view is what the border is refined by, [side,side,PriorViews]: gray values, their likelihood, the cut and the carried
// outline.
func (p *prior) view() []float32 {
	return interleaved([][]float32{normalised(p.gray), times(p.proposal.Likely, viewScale), times(p.proposal.Logits, viewScale),
		times(clipped(p.proposal.Flow), outlineScale)})
}

// normalised gray values have ImageNet's mean and deviation, of gray.
func normalised(gray []uint8) []float32 {
	const mean, deviation = 0.449, 0.226
	out := make([]float32, len(gray))
	for i, v := range gray {
		out[i] = (float32(v)/255 - mean) / deviation
	}
	return out
}

func times(values []float32, k float32) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = k * v
	}
	return out
}

// interleaved puts pictures of one size together as the channels of one.
func interleaved(channels [][]float32) []float32 {
	n := len(channels)
	out := make([]float32, n*len(channels[0]))
	for c, values := range channels {
		for i, v := range values {
			out[n*i+c] = v
		}
	}
	return out
}

// prompts is what the decoder is told of a tracked slice; nothing without priors.
func (p priors) prompts(g *nn.Graph) decoder.Prompts {
	if p == nil {
		return decoder.Prompts{}
	}
	var logits, flows, views, signs []float32
	for _, one := range p {
		logits, flows = append(logits, one.proposal.Logits...), append(flows, clipped(one.proposal.Flow)...)
		views, signs = append(views, one.view()...), append(signs, one.proposal.Evidence[:]...)
	}
	heads, c, b := p[0].model.prior, p[0].model.Config, len(p)
	side, quarter := c.PriorSide(), 4*c.Grid()
	out := g.Scoped(func() []*nn.Tensor {
		evidence := g.Upload(signs, b, carry.Signs)
		dense := g.Upload(flows, b, side, side, 1)
		if quarter != side {
			dense = g.Resize(dense, quarter, quarter, nn.Bilinear)
		}
		return []*nn.Tensor{dense, g.Mul(g.Upload(logits, b, 1, side, side), heads.gain), g.Upload(views, b, side, side, decoder.PriorViews),
			heads.evidence.Forward(g, evidence), heads.token.Forward(g, evidence).Reshape(b, 1, -1)}
	})
	return decoder.Prompts{Mask: out[0], Prior: &decoder.Prior{Logits: out[1], View: out[2], Score: out[3], Token: out[4], Border: heads.border}}
}

// clipped keeps distances within what a mask prompt's logits are.
func clipped(distance []float32) []float32 {
	out := make([]float32, len(distance))
	for i, d := range distance {
		out[i] = min(max(d, decoder.MaskBias), decoder.MaskScale+decoder.MaskBias)
	}
	return out
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
	p.gray = c.PriorGray(of.Gray(slice), h, w)
	switch {
	case len(on) == 0:
		p.propose(slice, reverse, p.gray, nil)
	case on[0].outline():
		p.outline(slice, p.gray, c.PriorMask(on[0].Mask, h, w))
	default:
		p.proposal = nil // until the points have found something
	}
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

// priorEvidence are the first weights of what speaks for an object being on a slice, and their bias: a logistic
// regression on the training volumes (docs/nano.md).
var priorEvidence = [carry.Signs + 1]float32{-0.71, 0.62, -0.97, 0.02, -0.57, 3.36, 1.19, -1.71, 0, 1.3, 1.8}

// Corrections are the layers by which a model corrects its prior: they start at nothing.
func Corrections() []string {
	return []string{"sam_mask_decoder.output_hypernetworks_mlps.0.layers.2", "sam_mask_decoder.pred_obj_score_head.layers.2", "prior.border.2"}
}

// trustPrior lets a fresh model with a prior correct nothing: its masks are the prior's, its scores the evidence's.
func (m *Model) trustPrior(params map[string]*nn.Param) {
	if m.prior == nil {
		return
	}
	for _, layer := range Corrections() {
		for _, part := range []string{".weight", ".bias"} {
			p := params[layer+part]
			p.Set(make([]float32, p.Tensor.Len()))
		}
	}
	params["prior.evidence.weight"].Set(priorEvidence[:carry.Signs])
	params["prior.evidence.bias"].Set(priorEvidence[carry.Signs:])
}

// prompted goes on from what points have found on an outlined slice; masks were taken in before.
func (p priors) prompted(slice int, found Found) {
	for i, one := range p {
		if one.proposal == nil {
			one.pointed(slice, found.Low[i])
		}
	}
}

// tracked goes on from what was found on a tracked slice.
func (p priors) tracked(slice int, found Found) {
	for i, one := range p {
		if found.present[i] {
			one.found(slice, found.Low[i])
		} else {
			one.found(slice, nil)
		}
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

// needsFeatures says whether a slice's features are looked at: with Config.PriorAlone those of points and boxes alone.
func (m *Model) needsFeatures(on []Prompt) bool {
	return !m.Config.PriorAlone || len(on) > 0 && !on[0].outline()
}
