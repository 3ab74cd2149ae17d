package train

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Weights are the weights of the loss terms (SAM 2, appendix D.2).
type Weights struct {
	Mask  float64 `json:"mask"`  // 20: focal loss of the supervised mask
	Dice  float64 `json:"dice"`  // 1: Dice loss of the supervised mask
	IoU   float64 `json:"iou"`   // 1: L1 between predicted and actual IoU of all candidates
	Class float64 `json:"class"` // 1: cross entropy of the object score
}

// PaperWeights returns the official weights.
func PaperWeights() Weights { return Weights{Mask: 20, Dice: 1, IoU: 1, Class: 1} }

// focalAlpha weights the foreground in the focal loss (Lin et al., arXiv 1708.02002); gamma is 2.
const focalAlpha = 0.25

// Terms holds the unweighted loss terms, summed over slices.
type Terms struct{ Mask, Dice, IoU, Class float64 }

// Total returns the weighted sum of the terms.
func (t Terms) Total(w Weights) float64 {
	return w.Mask*t.Mask + w.Dice*t.Dice + w.IoU*t.IoU + w.Class*t.Class
}

// Add adds the terms of another slice.
func (t *Terms) Add(u Terms) {
	t.Mask += u.Mask
	t.Dice += u.Dice
	t.IoU += u.IoU
	t.Class += u.Class
}

// Finite reports whether no term is NaN or infinite.
func (t Terms) Finite() bool {
	sum := t.Mask + t.Dice + t.IoU + t.Class
	return !math.IsNaN(sum) && !math.IsInf(sum, 0)
}

// Prediction is what the loss sees of a slice's output for B objects with k candidate masks each.
type Prediction struct {
	Logits *nn.Tensor  // [B*k,P] candidate masks at full size
	IoUs   *nn.Tensor  // [B,k] predicted IoUs
	Scores *nn.Tensor  // [B,1] object score logits
	IoU    [][]float32 // [B][k] IoUs on the host
	Score  []float32   // [B] Scores on the host
}

// Object is what the loss needs to know about an object on a slice.
type Object struct {
	Empty  bool   // the object is not on the slice
	Unsure bool   // part of the slice is unlabeled, so Empty is not reliable
	Share  int    // number of objects in its clip
	Terms  *Terms // where to add the loss: its clip's terms for the slice
}

// predictionOf reads what the loss needs on the host.
func predictionOf(g *nn.Graph, out slmsam.ClipOutput) (Prediction, error) {
	r := out.Result
	if _, err := r.Read(g); err != nil {
		return Prediction{}, fmt.Errorf("train: %w", err)
	}
	return Prediction{Logits: out.Logits, IoUs: r.IoUs(g), Scores: r.Scores, IoU: r.IoU, Score: r.Score}, nil
}

// candidate holds the losses of one candidate mask, and the derivatives of its Dice loss with respect to the sums PT
// and P.
type candidate struct {
	focal, dice, iou float64
	dPT, dP          float64 // of the Dice loss
}

// score computes a candidate's losses from its sums over pixels.
func score(s nn.MaskSums, pixels int) candidate {
	den := s.P + s.T + 1
	return candidate{
		focal: s.Focal / float64(pixels),
		dice:  1 - (2*s.PT+1)/den,
		iou:   s.Intersection / max(s.Union, 1),
		dPT:   -2 / den,
		dP:    (2*s.PT + 1) / (den * den),
	}
}

// Loss adds each object's terms of a slice's loss against truth [B,P] to the object's Terms and, if g records, adds
// their gradients to the prediction. Only the candidate with the lowest weighted sum of mask and Dice loss is
// supervised. The mask, Dice, and IoU terms count only where the object is present. Everything is divided by the
// number of objects in the clip.
func Loss(g *nn.Graph, p Prediction, truth *nn.Tensor, of []Object, w Weights) error {
	b, k, pixels := len(p.Score), len(p.IoU[0]), truth.Dim(1)
	sums, err := g.MaskLossSums(p.Logits, truth, k, focalAlpha)
	if err != nil {
		return fmt.Errorf("train: loss: %w", err)
	}
	dLogits := make([]float32, b*k*3) // with respect to the focal sum, sum p*t, and sum p
	dIoU, dScore := make([]float32, b*k), make([]float32, b)
	for i, o := range of {
		t, n := o.Terms, float64(o.Share)
		present := 0.0
		if !o.Empty {
			present = 1
		}
		if o.Empty && o.Unsure {
			continue
		}
		x := float64(p.Score[i])
		t.Class += (max(x, 0) - x*present + math.Log1p(math.Exp(-math.Abs(x)))) / n // binary cross entropy
		dScore[i] = float32(w.Class / n * (1/(1+math.Exp(-x)) - present))
		if present == 0 {
			continue
		}
		best, least := 0, math.Inf(1)
		candidates := make([]candidate, k)
		for j := range candidates {
			candidates[j] = score(sums[i*k+j], pixels)
			if c := w.Mask*candidates[j].focal + w.Dice*candidates[j].dice; c < least {
				best, least = j, c
			}
			d := float64(p.IoU[i][j]) - candidates[j].iou
			t.IoU += math.Abs(d) / (n * float64(k))
			dIoU[i*k+j] = float32(w.IoU / (n * float64(k)) * sign(d))
		}
		c := candidates[best]
		t.Mask += c.focal / n
		t.Dice += c.dice / n
		d := dLogits[(i*k+best)*3:]
		d[0], d[1], d[2] = float32(w.Mask/(n*float64(pixels))), float32(w.Dice/n*c.dPT), float32(w.Dice/n*c.dP)
	}
	if g.Recording() {
		g.MaskLossGrad(p.Logits, truth, k, focalAlpha, dLogits)
		addGrad(g, p.IoUs, dIoU)
		addGrad(g, p.Scores, dScore)
	}
	return nil
}

// addGrad adds a gradient to t, if it takes one.
func addGrad(g *nn.Graph, t *nn.Tensor, d []float32) {
	if t.NeedsGrad() {
		g.AddGrad(t, d)
	}
}

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}
