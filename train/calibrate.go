package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn"
)

// The biases that say how soon an object counts as absent: of the score head, by its key in official checkpoints, and of
// the evidence of a model of its prior alone.
const (
	scoreBias    = "sam_mask_decoder.pred_obj_score_head.layers.2.bias"
	evidenceBias = "prior.evidence.bias"
)

// shifts of that bias are tried one after the other, first below 0, then above, until they make it worse.
var shifts = []float64{0.5, 1, 2, 3}

// leastGain of the whole-volume DSC is worth a shift.
const leastGain = 1e-3

// calibrate shifts, at the end, the score of presence of the last weights and of the best ones, if that is better over the
// whole of the volumes: those held out and those trained on together, as long as the former do not lose. What is best then
// is kept. The last weights have their turn although others were better: training moves the score most of all, so that
// better masks may come with a worse score.
func (t *Trainer) calibrate(ctx context.Context) error {
	bias := t.presence()
	if bias == nil {
		return nil
	}
	err := t.keeping(func() error {
		if t.state.BestStep != t.state.Step {
			last := func() error { return t.calibrateWeights(ctx, bias, t.state.Step, 0) }
			if err := t.averaged(last); err != nil || t.state.BestStep == t.state.Step {
				return err // the last weights are the best ones now, already shifted
			}
		}
		f, err := checkpoint.Read(t.path(bestFile))
		if err == nil {
			err = t.model.SetState(f.Tensors)
		}
		if err != nil {
			return fmt.Errorf("train: recalibration: %w", err)
		}
		t.trust(t.state.BestStep)
		return t.calibrateWeights(ctx, bias, t.state.BestStep, t.state.Shift)
	})
	t.trust(t.state.Step)
	if err != nil {
		return err
	}
	t.state.Calibrated = true
	return t.save()
}

// calibrateWeights looks for the best shift of the model's present weights, those of a step that were shifted before, and
// keeps them if they are the best so far.
func (t *Trainer) calibrateWeights(ctx context.Context, bias *nn.Param, step int, before float64) error {
	start, err := bias.Get()
	if err != nil {
		return err
	}
	set := func(shift float64) { bias.Set([]float32{start[0] + float32(shift)}) }
	best, err := t.bestShift(ctx, set)
	if err != nil || best.held.DSC <= t.state.Best {
		return err
	}
	set(best.shift)
	t.state.keep(best.held, step)
	t.state.Shift = before + best.shift
	return t.saveBest()
}

// bestShift tries shifts; that of 0 wins where no other is better.
func (t *Trainer) bestShift(ctx context.Context, set func(shift float64)) (trial, error) {
	none, err := t.tryShift(ctx, 0)
	if err != nil {
		return none, err
	}
	best := none
	for _, sign := range []float64{-1, 1} {
		for _, shift := range shifts {
			if best.shift*sign < 0 || t.late() {
				break
			}
			set(sign * shift)
			next, err := t.tryShift(ctx, sign*shift)
			if err != nil {
				return best, err
			}
			if next.all < best.all || next.held.DSC < none.held.DSC {
				break
			}
			if next.all >= best.all+leastGain {
				best = next
			}
		}
	}
	return best, nil
}

// late says that the budget of a run limited by time is used up.
func (t *Trainer) late() bool {
	limit, _ := t.Recipe.limit()
	return limit > 0 && t.elapsed().Seconds() > limit.Seconds()/stepsPart
}

// trial is what a shift leads to.
type trial struct {
	shift float64
	held  *Validation // as in every validation
	all   float64     // mean whole-volume DSC over these and the training volumes
}

// tryShift validates the model as it is.
func (t *Trainer) tryShift(ctx context.Context, shift float64) (trial, error) {
	source, onTrain := t.source()
	held, err := t.validateOn(ctx, source)
	if err != nil {
		return trial{}, err
	}
	held.OnTrain = onTrain
	if t.Report != nil {
		t.Report(Progress{Step: t.state.Step, Part: 1, Validation: held, Best: t.state.Best, Shift: &shift})
	}
	out := trial{shift: shift, held: held, all: held.DSC}
	if onTrain {
		return out, nil
	}
	more, err := t.validateOn(ctx, first{unmixed(t.Train), fewVolumes})
	if err != nil {
		return trial{}, err
	}
	n, k := float64(len(held.Scores)), float64(len(more.Scores))
	out.all = (n*held.DSC + k*more.DSC) / (n + k)
	return out, nil
}

// fewVolumes of those trained on are enough to recalibrate on.
const fewVolumes = 5

// first is the first n volumes of a source.
type first struct {
	Source
	n int
}

// Len implements Source.
func (f first) Len() int { return min(f.n, f.Source.Len()) }

// PresenceBias is the parameter, by its key in checkpoints, that shifts the score of presence of a model.
func PresenceBias(c slmsam.Config) string {
	if c.PriorAlone {
		return evidenceBias
	}
	return scoreBias
}

// presence is the bias of the score of presence; nil if a model has none.
func (t *Trainer) presence() *nn.Param {
	name := PresenceBias(t.model.Config)
	params := t.model.Params.All()
	at := slices.IndexFunc(params, func(p *nn.Param) bool { return p.Name == name })
	if at < 0 || params[at].Tensor.Len() != 1 {
		return nil
	}
	return params[at]
}
