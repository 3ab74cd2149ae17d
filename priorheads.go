package slmsam

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume/carry"
)

// priorHeads are the parameters of a model with Config.Prior.
type priorHeads struct {
	gain     *nn.Tensor // [1,1,1,1] of the prior's logits
	evidence nn.Linear  // Signs -> 1: logit of presence
	token    nn.Linear  // Signs -> C: a prompt token
	refiner  *decoder.Refiner
}

func newPriorHeads(p *nn.Params, c Config) *priorHeads {
	return &priorHeads{
		gain:     p.Tensor("gain", nn.Const(1), nil, 1, 1, 1, 1),
		evidence: p.Linear("evidence", carry.Signs, 1),
		token:    p.Linear("token", carry.Signs, c.Attention.Width),
		refiner:  decoder.NewRefiner(p.In("refiner"), carry.Signs, c.Refiner(), c.PresenceApart),
	}
}

// priorEvidence holds the initial weights and bias of the logit of presence, from a logistic regression
// (internal/nano/evidence, docs/nano.md). The last seven signs were added later and start at 0.
var priorEvidence = [carry.Signs + 1]float32{-0.71, 0.62, -0.97, 0.02, -0.57, 3.36, 1.19, -1.71, 0, 1.3, 0, 0, 0, 0, 0, 0, 0, 1.8}

// Corrections lists the layers through which a model corrects its prior. They start at 0.
func Corrections() []string {
	return []string{"sam_mask_decoder.output_hypernetworks_mlps.0.layers.2", "sam_mask_decoder.pred_obj_score_head.layers.2",
		"prior.refiner.mask", "prior.refiner.score.layers.1"}
}

// trustPrior makes a fresh model with a prior correct nothing: masks are the prior's, scores the evidence's.
func (m *Model) trustPrior(params map[string]*nn.Param) {
	if m.prior == nil {
		return
	}
	m.CorrectNothing()
	params["prior.evidence.weight"].Set(priorEvidence[:carry.Signs])
	params["prior.evidence.bias"].Set(priorEvidence[carry.Signs:])
}

// CorrectNothing sets the layers of Corrections to 0, so that the model returns what its prior proposes.
func (m *Model) CorrectNothing() {
	for _, p := range m.Params.All() {
		if slices.ContainsFunc(Corrections(), func(layer string) bool { return strings.HasPrefix(p.Name, layer+".") }) {
			p.Set(make([]float32, p.Tensor.Len()))
		}
	}
}

// The parameters of the refiner, and those of the path that presence has to itself with Config.PresenceApart.
const (
	refinerPrefix  = "prior.refiner."
	presencePrefix = refinerPrefix + "presence."
)

// separatePresence gives weights of a refiner whose masks and presence share a contracting path a second one, for a model with
// Config.PresenceApart: a copy, so that the model finds the same. Other weights are returned as they are.
func (m *Model) separatePresence(state map[string]*checkpoint.Tensor) map[string]*checkpoint.Tensor {
	if !m.Config.PresenceApart || state[presencePrefix+"stem.weight"] != nil {
		return state
	}
	out, shapes := maps.Clone(state), m.shapes(true)
	for name := range shapes {
		own, ok := strings.CutPrefix(name, presencePrefix)
		if !ok || state[refinerPrefix+own] == nil {
			continue
		}
		out[name] = state[refinerPrefix+own]
		if shapes[refinerPrefix+own] == nil { // the score's norm moves
			delete(out, refinerPrefix+own)
		}
	}
	return out
}
