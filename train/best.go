package train

import (
	"context"
	"fmt"
	"math"
)

// source returns what to validate on and whether it is also trained on.
func (t *Trainer) source() (s Source, onTrain bool) {
	if t.Held != nil {
		return t.Held, false
	}
	return unmixed(t.Train), true
}

// validatingPart bounds the fraction of a time-limited run that validation may take, so that large volumes leave time
// for training.
const validatingPart = 1. / 3

// canValidate reports whether there is time for a validation other than the last one.
func (t *Trainer) canValidate() bool {
	limit, _ := t.Recipe.limit()
	return limit == 0 || t.state.Validating <= validatingPart*t.elapsed().Seconds()
}

// validate scores the model (its averaged weights, if the recipe asks for them), keeps it if it is the best so far,
// and draws the pictures.
func (t *Trainer) validate(ctx context.Context) (v *Validation, err error) {
	err = t.withAverage(func() error {
		v, err = t.score(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := v.drawSamples(t.path(fmt.Sprintf("%s/step-%06d.png", sampleDir, t.state.Step))); err != nil {
		return nil, err
	}
	return v, t.drawCurves()
}

// score validates the current weights and keeps them if they are the best so far. The weights of step 0 stay the best
// if nothing beats them.
func (t *Trainer) score(ctx context.Context) (*Validation, error) {
	source, onTrain := t.source()
	v, err := t.validateOn(ctx, source)
	if err != nil {
		return nil, err
	}
	v.OnTrain = onTrain
	t.state.Validating += v.Seconds
	if err := t.journal.validation(t.state.Step, v); err != nil {
		return nil, err
	}
	if t.state.Step == 0 {
		t.state.Before = v.Scores
	}
	if !t.state.prefers(v) {
		return v, nil
	}
	t.state.setBest(v, t.state.Step)
	t.state.Calibrated, t.state.Shift = false, 0
	return v, t.saveBest()
}

// prefers reports whether validated weights become the best ones. With few objects the DSC is noisy, and the single
// highest value owes more to luck than to the weights. Of the weights that beat the start, the latest within one
// standard error of the highest value are the best.
func (s *state) prefers(v *Validation) bool {
	highest := meanDSC(s.Highest)
	return len(s.Highest) == 0 || v.DSC > highest || v.DSC > meanDSC(s.Before) && v.DSC >= highest-standardError(v.Scores, s.Highest)
}

// setBest records the scores of the best weights and the step they are from.
func (s *state) setBest(v *Validation, step int) {
	s.Best, s.BestStep, s.After = v.DSC, step, v.Scores
	if v.DSC > meanDSC(s.Highest) {
		s.Highest = v.Scores
	}
}

// meanDSC is the mean DSC of a validation; -1 if there are no scores.
func meanDSC(scores []ObjectScore) float64 {
	if len(scores) == 0 {
		return -1
	}
	sum := 0.0
	for _, s := range scores {
		sum += s.DSC
	}
	return sum / float64(len(scores))
}

// standardError is the standard error of the mean paired difference of the objects' DSC; 0 for fewer than two
// objects.
func standardError(a, b []ObjectScore) float64 {
	if len(a) != len(b) || len(a) < 2 {
		return 0
	}
	n, mean, squares := float64(len(a)), meanDSC(a)-meanDSC(b), 0.0
	for i := range a {
		d := a[i].DSC - b[i].DSC - mean
		squares += d * d
	}
	return math.Sqrt(squares / (n - 1) / n)
}

// saveBest writes the current weights as the best ones.
func (t *Trainer) saveBest() error {
	if err := t.saveWeights(bestFile); err != nil {
		return fmt.Errorf("train: step %d: %w: %w", t.state.Step, errSave, err)
	}
	return nil
}

// trust sets PriorTrusted for the weights of a step: as the recipe says, or as in the start model for step 0.
func (t *Trainer) trust(step int) {
	t.model.Config.PriorTrusted = t.trusted || t.Recipe.Trust && step > 0
}

// withAverage runs f on the model with its averaged weights, if there are any.
func (t *Trainer) withAverage(f func() error) error {
	if t.average.values == nil {
		return f()
	}
	return t.restoring(func() error {
		for i, p := range t.params {
			p.Set(t.average.values[i])
		}
		return f()
	})
}

// restoring runs f, which may change the model's weights, and restores them afterwards.
func (t *Trainer) restoring(f func() error) error {
	var kept [][]float32
	params := t.model.Params.All()
	for _, p := range params {
		v, err := p.Get()
		if err != nil {
			return err
		}
		kept = append(kept, v)
	}
	defer func() {
		for i, p := range params {
			p.Set(kept[i])
		}
	}()
	return f()
}
