package decoder

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// Prior is what a method without a network expects on a slice (slmsam.Config.Prior): the decoder corrects it. A single
// mask is asked for then, and the stability rule is off.
type Prior struct {
	Logits *nn.Tensor // [B,1,s,s] what the mask's logits, brought to this size, are added to
	View   *nn.Tensor // [B,s,s,PriorViews] what the border is refined by
	Score  *nn.Tensor // [B,1] added to the object score
	Token  *nn.Tensor // [B,1,C] one more prompt token
	Border *Border
}

// PriorViews is the number of channels of Prior.View.
const PriorViews = 4

// Border refines a mask at the size of its prior by three small convolutions: what the decoder's features at stride 4
// are too coarse for.
type Border struct{ convs [3]nn.Conv2d }

// NewBorder declares the convolutions 0, 1 and 2 under p.
func NewBorder(p *nn.Params) *Border {
	const width = 16
	same := nn.Conv{Kernel: 3, Stride: 1, Pad: 1}
	b := &Border{}
	for i, c := range [3][2]int{{PriorViews + 1, width}, {width, width}, {width, 1}} {
		b.convs[i] = p.Conv2d(fmt.Sprint(i), c[0], c[1], same)
	}
	return b
}

// Forward returns what is to be added to logits [B,s,s,1].
func (b *Border) Forward(g *nn.Graph, view, logits *nn.Tensor) *nn.Tensor {
	return g.Scoped1(func() *nn.Tensor {
		x := g.Concat(3, view, g.Affine(logits, 0.5, 0))
		x = g.Activate(b.convs[0].Forward(g, x), backend.GELU)
		x = g.Activate(b.convs[1].Forward(g, x), backend.GELU)
		return b.convs[2].Forward(g, x)
	})
}

// PriorAlone is what Heads.Decode predicts where the decoder corrects nothing: the mask is the prior's with its border
// refined, the score the prior's. There is no pointer.
func PriorAlone(g *nn.Graph, p Prompts) (*Result, error) {
	var err error
	r := &Result{}
	out := g.Scoped(func() []*nn.Tensor {
		b, side := p.Prior.Logits.Dim(0), p.Prior.Logits.Dim(2)
		pred := p.Prior.correct(g, Prediction{Masks: g.Zeros(b, 1, side, side), IoU: g.Zeros(b, Candidates), Score: g.Zeros(b, 1)})
		if err = r.choose(g, pred, p, true); err != nil {
			return nil
		}
		return []*nn.Tensor{r.LowRes, r.Candidates, r.IoUs, r.Scores}
	})
	if out == nil {
		return nil, fmt.Errorf("decoder: %w", err)
	}
	return r, nil
}

// correct makes a correction of what the decoder predicts: a single candidate, at the prior's size.
func (p *Prior) correct(g *nn.Graph, pred Prediction) Prediction {
	out := g.Scoped(func() []*nn.Tensor {
		mask := g.Slice(pred.Masks, 1, 0, 1)
		b, side, size := mask.Dim(0), mask.Dim(2), p.Logits.Dim(2)
		mask = g.Resize(mask.Reshape(b, side, side, 1), size, size, nn.Bilinear)
		mask = g.Add(mask, p.Logits.Reshape(b, size, size, 1))
		mask = g.Add(mask, p.Border.Forward(g, p.View, mask))
		return []*nn.Tensor{mask.Reshape(b, 1, size, size), g.Add(pred.Score, p.Score)}
	})
	pred.Masks, pred.Score = out[0], out[1]
	return pred
}
