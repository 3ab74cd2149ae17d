package slmsam

import (
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume/carry"
)

// priorHeads are the parameters of a model with Config.Prior.
type priorHeads struct {
	gain     *nn.Tensor // [1,1,1,1] of the prior's logits
	evidence nn.Linear  // Signs -> 1: what speaks for the object being there
	token    nn.Linear  // Signs -> C: the same as a prompt token
	refiner  *decoder.Refiner
}

func newPriorHeads(p *nn.Params, width, refiner int) *priorHeads {
	return &priorHeads{gain: p.Tensor("gain", nn.Const(1), nil, 1, 1, 1, 1),
		evidence: p.Linear("evidence", carry.Signs, 1), token: p.Linear("token", carry.Signs, width), refiner: decoder.NewRefiner(p.In("refiner"), carry.Signs, refiner)}
}

// priorEvidence are the first weights of what speaks for an object being on a slice, and their bias: a logistic
// regression (internal/nano/evidence, docs/nano.md). The last seven signs came later and start at nothing.
var priorEvidence = [carry.Signs + 1]float32{-0.71, 0.62, -0.97, 0.02, -0.57, 3.36, 1.19, -1.71, 0, 1.3, 0, 0, 0, 0, 0, 0, 0, 1.8}

// Corrections are the layers by which a model corrects its prior: they start at nothing.
func Corrections() []string {
	return []string{"sam_mask_decoder.output_hypernetworks_mlps.0.layers.2", "sam_mask_decoder.pred_obj_score_head.layers.2",
		"prior.refiner.mask", "prior.refiner.score.layers.1"}
}

// trustPrior lets a fresh model with a prior correct nothing: its masks are the prior's, its scores the evidence's.
func (m *Model) trustPrior(params map[string]*nn.Param) {
	if m.prior == nil {
		return
	}
	m.CorrectNothing()
	params["prior.evidence.weight"].Set(priorEvidence[:carry.Signs])
	params["prior.evidence.bias"].Set(priorEvidence[carry.Signs:])
}

// CorrectNothing makes a model with a prior trust it: what training has taught it to correct is forgotten.
func (m *Model) CorrectNothing() {
	for _, p := range m.Params.All() {
		if slices.ContainsFunc(Corrections(), func(layer string) bool { return strings.HasPrefix(p.Name, layer+".") }) {
			p.Set(make([]float32, p.Tensor.Len()))
		}
	}
}
