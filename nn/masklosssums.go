package nn

import "github.com/seed-6f79f512/slmsam/nn/backend"

// MaskSums holds sums over the pixels of a mask, from which the focal loss, the Dice loss and the actual IoU can be computed (see
// backend.MaskLoss). P is the sigmoid of the logit, T the truth.
type MaskSums struct {
	Focal, PT, P, T     float64
	Intersection, Union float64 // in pixels, of logit > 0 and the truth
}

// MaskLossSums returns the sums for each of B masks: logits [B,P], truth [B/repeat,P].
func (g *Graph) MaskLossSums(logits, truth *Tensor, repeat int, alpha float32) ([]MaskSums, error) {
	b, p := logits.Dim(0), logits.Dim(1)
	check(truth.size*repeat == logits.size, "MaskLossSums", truth.Shape, logits.Shape)
	out := g.New(b, backend.MaskLossTerms)
	g.dev.MaskLoss(backend.MaskLoss{X: logits.buf, T: truth.buf, Out: out.buf, B: b, P: p, Repeat: repeat, Alpha: alpha})
	v, err := g.Read(out)
	if err != nil {
		return nil, err
	}
	sums := make([]MaskSums, b)
	for i := range sums {
		o := v[i*backend.MaskLossTerms:]
		sums[i] = MaskSums{float64(o[0]), float64(o[1]), float64(o[2]), float64(o[3]), float64(o[4]), float64(o[5])}
	}
	return sums, nil
}

// MaskLossGrad adds to the gradient of logits [B,P] that of a loss whose derivatives with respect to the sums Focal, PT and P are
// given as [B,3]: the start of a backward pass.
func (g *Graph) MaskLossGrad(logits, truth *Tensor, repeat int, alpha float32, derivatives []float32) {
	b, p := logits.Dim(0), logits.Dim(1)
	if !logits.needsGrad {
		return
	}
	g.Scoped(func() []*Tensor {
		d := g.Upload(derivatives, b, 3)
		g.dev.MaskLossBackward(backend.MaskLossBackward{X: logits.buf, T: truth.buf, G: d.buf, DX: g.gradSum(logits),
			B: b, P: p, Repeat: repeat, Alpha: alpha})
		return nil
	})
}
