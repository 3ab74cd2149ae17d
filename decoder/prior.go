package decoder

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
)

// Prior is what a method without a network expects on a slice (slmsam.Config.Prior), for the decoder to correct. With
// a prior, a single mask is predicted and the stability rule is off.
type Prior struct {
	Logits  *nn.Tensor // [B,1,s,s] proposed mask; the decoder's logits, resized to s x s, are added to it
	View    *nn.Tensor // [B,s,s,PriorViews] images that the refiner sees
	Signs   *nn.Tensor // [B,n] signs of whether the object is present
	Score   *nn.Tensor // [B,1] added to the object score
	Token   *nn.Tensor // [B,1,C] one more prompt token
	Refiner *Refiner
}

// PriorAlone is Heads.Decode for models whose decoder is not used: mask and score are the prior's, refined. There
// is no pointer.
func PriorAlone(g *nn.Graph, p Prompts) (*Result, error) {
	var err error
	r := &Result{}
	out := g.Scoped(func() []*nn.Tensor {
		b, side := p.Prior.Logits.Dim(0), p.Prior.Logits.Dim(2)
		pred := p.Prior.correct(g, Prediction{Masks: g.Zeros(b, 1, side, side), IoU: g.Zeros(b, Candidates), Score: g.Zeros(b, 1)})
		if err = r.choose(g, pred, p, true); err != nil {
			return nil
		}
		return r.Tensors()
	})
	if out == nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	return r, nil
}

// correct adds the prior to the decoder's prediction and refines it: a single candidate, at the prior's size.
func (p *Prior) correct(g *nn.Graph, pred Prediction) Prediction {
	out := g.Scoped(func() []*nn.Tensor {
		mask := g.Slice(pred.Masks, 1, 0, 1)
		b, side, size := mask.Dim(0), mask.Dim(2), p.Logits.Dim(2)
		mask = g.Resize(mask.Reshape(b, side, side, 1), size, size, nn.Bilinear)
		mask = g.Add(mask, p.Logits.Reshape(b, size, size, 1))
		more, score := p.Refiner.Forward(g, p.View, p.Signs, mask)
		return []*nn.Tensor{g.Add(mask, more).Reshape(b, 1, size, size), g.Add(g.Add(pred.Score, p.Score), score)}
	})
	pred.Masks, pred.Score = out[0], out[1]
	return pred
}
