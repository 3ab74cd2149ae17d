package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn"
)

// The biases that decide how readily an object counts as absent: the score head's, under its key in official
// checkpoints, and the evidence layer's in a model that uses its prior alone.
const (
	scoreBias    = "sam_mask_decoder.pred_obj_score_head.layers.2.bias"
	evidenceBias = "prior.evidence.bias"
)

// shifts of that bias are tried in order, first as negative values, then as positive ones, until they make things
// clearlyWorse. A small shift may change nothing where a large one helps.
var shifts = []float64{0.5, 1, 2, 3}

// clearlyWorse is the loss in whole-volume DSC at which larger shifts are not tried.
const clearlyWorse = 0.02

// leastGain is the least gain in whole-volume DSC that justifies a shift.
const leastGain = 1e-3

// calibrate shifts the presence score of the last weights and of the best ones at the end of training, if that raises
// the whole-volume DSC over the held-out and training volumes together without lowering it on the held-out ones.
// Whatever scores best is kept. The last weights get a turn even if others were better: training moves the presence
// score most of all, so better masks may come with a worse score.
func (t *Trainer) calibrate(ctx context.Context) error {
	bias := t.presenceBias()
	if bias == nil {
		return nil
	}
	err := t.restoring(func() error {
		if t.state.BestStep != t.state.Step {
			last := func() error { return t.calibrateWeights(ctx, bias, t.state.Step, 0) }
			if err := t.withAverage(last); err != nil || t.state.BestStep == t.state.Step {
				return err // the last weights, shifted, are now the best
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

// calibrateWeights finds the best shift for the model's current weights, which are from step and already shifted by
// before, and keeps the result if it is the best so far.
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
	t.state.setBest(best.held, step)
	t.state.Shift = before + best.shift
	return t.saveBest()
}

// bestShift tries the shifts; 0 wins unless another is better. In careful training and from one volume, only negative ones are tried,
// whatever time is left: that the model runs over is why it is recalibrated, and finding more there says little about other volumes.
func (t *Trainer) bestShift(ctx context.Context, set func(shift float64)) (trial, error) {
	none, err := t.tryShift(ctx, 0)
	if err != nil {
		return none, err
	}
	best, few := none, t.Recipe.bold() || t.Recipe.careful()
	for _, sign := range []float64{-1, 1} {
		for _, shift := range shifts {
			if best.shift*sign < 0 || few && sign > 0 || !few && t.overBudget() {
				break
			}
			set(sign * shift)
			next, err := t.tryShift(ctx, sign*shift)
			if err != nil {
				return best, err
			}
			if next.all < best.all-clearlyWorse {
				break
			}
			if next.all >= best.all+leastGain && next.held.DSC >= none.held.DSC {
				best = next
			}
		}
	}
	return best, nil
}

// overBudget reports whether the budget of a time-limited run is used up.
func (t *Trainer) overBudget() bool {
	limit, _ := t.Recipe.limit()
	return limit > 0 && t.elapsed().Seconds() > limit.Seconds()/stepsPart
}

// trial is the outcome of one shift.
type trial struct {
	shift float64
	held  *Validation // on the usual validation volumes
	all   float64     // mean whole-volume DSC over these and the training volumes
}

// tryShift validates the model as it is now, with the given shift applied.
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
	more, err := t.validateOn(ctx, firstOf{unmixed(t.Train), fewVolumes})
	if err != nil {
		return trial{}, err
	}
	n, k := float64(len(held.Scores)), float64(len(more.Scores))
	out.all = (n*held.DSC + k*more.DSC) / (n + k)
	return out, nil
}

// fewVolumes is how many training volumes are enough for recalibration.
const fewVolumes = 5

// firstOf is the first n volumes of a source.
type firstOf struct {
	Source
	n int
}

// Len implements Source.
func (f firstOf) Len() int { return min(f.n, f.Source.Len()) }

// PresenceBias returns the checkpoint key of the parameter that shifts a model's presence score.
func PresenceBias(c slmsam.Config) string {
	if c.PriorAlone {
		return evidenceBias
	}
	return scoreBias
}

// presenceBias returns the model's presence bias; nil if it has none.
func (t *Trainer) presenceBias() *nn.Param {
	name := PresenceBias(t.model.Config)
	params := t.model.Params.All()
	at := slices.IndexFunc(params, func(p *nn.Param) bool { return p.Name == name })
	if at < 0 || params[at].Tensor.Len() != 1 {
		return nil
	}
	return params[at]
}
