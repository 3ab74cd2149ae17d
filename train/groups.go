package train

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/nn"
)

// Optimizer settings of the paper's recipe.
const (
	PaperLR          = 5e-6
	PaperEncoderLR   = 3e-6
	PaperWeightDecay = 0.1
	PaperLayerDecay  = 0.9
	PaperClip        = 0.1 // bound on the total L2 norm of the gradients
	PaperEnd         = 0.1 // fraction of the learning rates left at the end of the cosine schedule
)

// Rates are the optimizer's settings.
type Rates struct {
	LR          float64 `json:"lr"`           // 5e-6
	EncoderLR   float64 `json:"encoder_lr"`   // 3e-6: for the image encoder
	WeightDecay float64 `json:"weight_decay"` // 0.1; 0 for biases and layer norms
	LayerDecay  float64 `json:"layer_decay"`  // 0.9: decay of the trunk's learning rate per block, from last to first
	Clip        float64 `json:"clip"`         // 0.1: bound on the total L2 norm of the gradients
	End         float64 `json:"end"`          // 0.1: fraction of the learning rates left at the end of the schedule
}

// PaperRates returns the official settings.
func PaperRates() Rates {
	return Rates{LR: PaperLR, EncoderLR: PaperEncoderLR, WeightDecay: PaperWeightDecay, LayerDecay: PaperLayerDecay, Clip: PaperClip, End: PaperEnd}
}

// Validate rejects settings that training cannot use.
func (r Rates) Validate() error {
	if r.LR < 0 || r.EncoderLR < 0 || r.WeightDecay < 0 || r.LayerDecay <= 0 || r.LayerDecay > 1 || r.Clip <= 0 || !(r.End >= 0 && r.End <= 1) {
		return fmt.Errorf("train: want learning rates and weight decay >= 0, layer_decay in (0,1], clip > 0 and end in 0..1, got %+v", r)
	}
	return nil
}

// Group holds the optimizer settings of one parameter.
type Group struct {
	LR          float64 // at the start of the schedule, including layer decay
	WeightDecay float64
}

const (
	encoderPrefix = "image_encoder."
	trunkPrefix   = "image_encoder.trunk."
)

// GroupOf returns a parameter's group; depth is the trunk's number of blocks.
func (r Rates) GroupOf(name string, depth int) Group {
	gr := Group{LR: r.LR, WeightDecay: r.WeightDecay}
	if strings.HasPrefix(name, encoderPrefix) {
		gr.LR = r.EncoderLR
	}
	if strings.HasPrefix(name, trunkPrefix) && !strings.Contains(name, "pos_embed") {
		gr.LR *= math.Pow(r.LayerDecay, float64(depth+1-layerOf(name)))
	}
	if strings.Contains(name, "bias") || isLayerNorm(name) {
		gr.WeightDecay = 0
	}
	return gr
}

// layerOf returns 1 + a block's index, or 0 for the patch embedding.
func layerOf(name string) int {
	rest, ok := strings.CutPrefix(name, trunkPrefix+"blocks.")
	if !ok {
		return 0
	}
	number, _, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	return i + 1
}

// isLayerNorm reports whether a weight belongs to a torch.nn.LayerNorm, which is not decayed. The channel-wise
// LayerNorm2d of the convolutional parts is a different class in the official code and is decayed.
func isLayerNorm(name string) bool {
	if strings.HasPrefix(name, "memory_encoder.") || strings.HasPrefix(name, "recent_memory_fuser.") {
		return false
	}
	parts := strings.Split(name, ".")
	return len(parts) > 1 && strings.HasPrefix(parts[len(parts)-2], "norm")
}

// Cosine returns the learning-rate factor at position where in 0..1 of the schedule: from 1 down to End.
func (r Rates) Cosine(where float64) float64 {
	return r.End + (1-r.End)*0.5*(1+math.Cos(math.Pi*where))
}

// clipScale returns the factor that brings gradients of the given total norm down to the limit.
func clipScale(norm, limit float64) float64 { return min(1, limit/(norm+1e-6)) }

// Update makes one optimizer step at position where of the schedule and returns the norm of the gradients.
func (r Rates) Update(g *nn.Graph, o *nn.AdamW, params []*nn.Param, depth int, where float64) (norm float64, err error) {
	if norm, err = g.GradNorm(params); err != nil {
		return 0, err
	}
	r.UpdateWithNorm(o, params, depth, where, norm)
	return norm, nil
}

// UpdateWithNorm is Update for a norm that is already known.
func (r Rates) UpdateWithNorm(o *nn.AdamW, params []*nn.Param, depth int, where, norm float64) {
	scale := clipScale(norm, r.Clip)
	for _, p := range params {
		if p.Buffer {
			continue
		}
		gr := r.GroupOf(p.Name, depth)
		o.Update(p, gr.LR*r.Cosine(where), gr.WeightDecay, scale)
	}
}
