package decoder

import "github.com/seed-6f79f512/slmsam/nn"

// The stability rule of single-mask predictions (SAM 2's dynamic_multimask_via_stability): the single mask
// counts as unstable when moving its threshold by delta changes its area too much.
const (
	stabilityDelta     = 0.05
	stabilityThreshold = 0.98
)

// choose reads scores and IoUs and picks one mask per object; masks of absent objects become NoObject.
func (r *Result) choose(g *nn.Graph, p Prediction, asked Prompts, training bool) error {
	b := p.Masks.Dim(0)
	score, err := g.Read(p.Score)
	if err != nil {
		return err
	}
	ious, err := g.Read(p.IoU)
	if err != nil {
		return err
	}
	r.Score, r.Scores, r.Presence = score, p.Score, presence(score, asked.Present)
	first, last := 0, 1
	if asked.Multi {
		first, last = 1, Candidates
	}
	r.IoUs = g.Slice(p.IoU, 1, first, last)
	for i := 0; i < b; i++ {
		of := ious[i*Candidates : (i+1)*Candidates]
		r.IoU = append(r.IoU, of[first:last])
		r.Best = append(r.Best, argmax(of[first:last]))
	}
	masks := g.Slice(p.Masks, 1, first, last)
	if !asked.Multi && !training {
		if masks, err = r.stabilize(g, p, ious); err != nil {
			return err
		}
	}
	side := p.Masks.Dim(2)
	absent := g.Full(NoObject, 1, last-first, side, side)
	gated := g.ReplaceItems(masks, func(i int) *nn.Tensor {
		if r.Presence[i] > 0 {
			return nil
		}
		return absent
	})
	r.LowRes = g.PickChannels(gated, r.Best)
	if r.Candidates = gated; asked.Free {
		r.Candidates = masks
	}
	return nil
}

// presence returns the scores or, where known says better, 1 and -1.
func presence(score []float32, known []bool) []float32 {
	if known == nil {
		return score
	}
	out := make([]float32, len(score))
	for i, on := range known {
		out[i] = -1
		if on {
			out[i] = 1
		}
	}
	return out
}

// token returns the mask token [B,C] of the chosen candidate; for a single mask always the first one.
func (r *Result) token(g *nn.Graph, p Prediction, multi bool) *nn.Tensor {
	index := make([]int, len(r.Best))
	if multi {
		for i, b := range r.Best {
			index[i] = b + 1
		}
	}
	t := g.PickChannels(p.Tokens, index)
	return t.Reshape(t.Dim(0), -1)
}

// stabilize returns the single mask of each object [B,1,4g,4g] or, where it is unstable, the best of the
// other three, and notes that mask's predicted IoU.
func (r *Result) stabilize(g *nn.Graph, p Prediction, ious []float32) (*nn.Tensor, error) {
	single, err := g.Read(g.Slice(p.Masks, 1, 0, 1))
	if err != nil {
		return nil, err
	}
	b := len(r.Best)
	pixels := len(single) / b
	index := make([]int, b)
	for i := range index {
		if Stability(single[i*pixels:(i+1)*pixels]) < stabilityThreshold {
			of := ious[i*Candidates : (i+1)*Candidates]
			index[i] = 1 + argmax(of[1:])
			r.IoU[i] = of[index[i] : index[i]+1]
		}
	}
	r.IoUs = g.PickChannels(p.IoU.Reshape(b, Candidates, 1), index).Reshape(b, 1)
	return g.PickChannels(p.Masks, index), nil
}

// Stability returns the area above delta over the area above -delta, 1 if both are empty.
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

// argmax returns the index of the first largest value.
func argmax(v []float32) int {
	best := 0
	for i := range v {
		if v[i] > v[best] {
			best = i
		}
	}
	return best
}
