package decoder

import "github.com/seed-6f79f512/slmsam/nn"

// The stability rule of single-mask predictions (SAM 2's dynamic_multimask_via_stability): the single mask
// counts as unstable when moving its threshold by delta changes its area too much.
const (
	stabilityDelta     = 0.05
	stabilityThreshold = 0.98
)

// choose picks one mask per object; masks of absent objects become NoObject. Everything is decided on the device,
// except for the stability rule, which counts pixels of the single mask on the host.
func (r *Result) choose(g *nn.Graph, p Prediction, asked Prompts, training bool) error {
	r.Scores, r.Gate, r.masks, r.ious, r.free = p.Score, p.Score, p.Masks, p.IoU, asked.Free
	if asked.Present != nil {
		r.Gate = g.Upload(signs(asked.Present), len(asked.Present), 1)
	}
	r.first, r.count = 0, 1
	if asked.Multi {
		r.first, r.count = 1, Candidates-1
	} else if !training {
		if err := r.stabilize(g, p); err != nil {
			return err
		}
	}
	r.LowRes = g.Choose(r.masks, nn.Pick{Rank: r.ious, First: r.first, Count: r.count, Gate: r.Gate, Instead: noObject(g)})
	return nil
}

// signs is 1 for objects known to be present and -1 for the others.
func signs(present []bool) []float32 {
	out := make([]float32, len(present))
	for i, on := range present {
		out[i] = -1
		if on {
			out[i] = 1
		}
	}
	return out
}

// noObject is the constant NoObject on the device, [1].
func noObject(g *nn.Graph) *nn.Tensor {
	return g.Constant("no object", func() []float32 { return []float32{NoObject} }, 1)
}

// Candidates returns all masks asked for, [B,k,4g,4g]; NoObject where an object is absent, unless Prompts.Free.
func (r *Result) Candidates(g *nn.Graph) *nn.Tensor {
	b, side := r.masks.Dim(0), r.masks.Dim(2)
	return g.Scoped1(func() *nn.Tensor {
		masks := g.Slice(r.masks, 1, r.first, r.first+r.count)
		if r.free {
			return masks
		}
		return g.Choose(masks.Reshape(b, 1, r.count, side, side), nn.Pick{Count: 1, Gate: r.Gate, Instead: noObject(g)}).Reshape(b, r.count, side, side)
	})
}

// IoUs returns the predicted IoUs of Candidates, [B,k].
func (r *Result) IoUs(g *nn.Graph) *nn.Tensor { return g.Slice(r.ious, 1, r.first, r.first+r.count) }

// token returns the mask token [B,1,C] of the chosen candidate; for a single mask, always the first one.
func (r *Result) token(g *nn.Graph, p Prediction, multi bool) *nn.Tensor {
	if !multi {
		return g.Slice(p.Tokens, 1, 0, 1)
	}
	return g.Choose(p.Tokens, nn.Pick{Rank: p.IoU, First: 1, Count: Candidates - 1})
}

// stabilize replaces each object's single mask, if it is unstable, with the best of the other three, along with its
// predicted IoU. Afterwards, masks are [B,1,4g,4g].
func (r *Result) stabilize(g *nn.Graph, p Prediction) error {
	read, err := g.ReadAll(g.Slice(p.Masks, 1, 0, 1), p.IoU)
	if err != nil {
		return err
	}
	single, ious, b := read[0], read[1], p.Masks.Dim(0)
	pixels := len(single) / b
	index := make([]int, b)
	for i := range index {
		if Stability(single[i*pixels:(i+1)*pixels]) < stabilityThreshold {
			index[i] = 1 + argmax(ious[i*Candidates+1:(i+1)*Candidates])
		}
	}
	r.masks, r.ious = g.PickChannels(p.Masks, index), g.PickChannels(p.IoU.Reshape(b, Candidates, 1), index).Reshape(b, 1)
	return nil
}

// Stability returns the mask's area at threshold delta divided by its area at -delta; 1 if both are empty.
func Stability(logits []float32) float64 {
	inner, outer := 0, 0
	for _, v := range logits {
		if v > stabilityDelta {
			inner++
		}
		if v > -stabilityDelta {
			outer++
		}
	}
	if outer == 0 {
		return 1
	}
	return float64(inner) / float64(outer)
}

// argmax returns the index of the largest value, the first if there are several.
func argmax(v []float32) int {
	best := 0
	for i := range v {
		if v[i] > v[best] {
			best = i
		}
	}
	return best
}
