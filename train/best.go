package train

import (
	"context"
	"fmt"
	"math"
)

// source is what is validated on, and whether it was trained on.
func (t *Trainer) source() (s Source, onTrain bool) {
	if t.Held != nil {
		return t.Held, false
	}
	return unmixed(t.Train), true
}

// validatingPart bounds the part of the time that the validations of a run limited by time may take, so that large
// volumes leave time to train.
const validatingPart = 1. / 3

// canValidate says whether there is time for a validation that is not the last one.
func (t *Trainer) canValidate() bool {
	limit, _ := t.Recipe.limit()
	return limit == 0 || t.state.Validating <= validatingPart*t.elapsed().Seconds()
}

// validate scores the model, averaged where the recipe asks for it, keeps it if it is the best so far, and draws the
// pictures.
func (t *Trainer) validate(ctx context.Context) (v *Validation, err error) {
	err = t.averaged(func() error {
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

// score validates the present weights and keeps them if they are the best so far. Those of step 0 are kept where nothing
// beats them.
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
	t.state.keep(v, t.state.Step)
	t.state.Calibrated, t.state.Shift = false, 0
	return v, t.saveBest()
}

// prefers says whether weights are kept as the best ones. A few objects are a noisy measure, whose highest value says more
// about luck than about weights: of those that beat the start weights, the latest that are within a standard error
// of the highest value are the best.
func (s *state) prefers(v *Validation) bool {
	highest := meanDSC(s.Highest)
	return len(s.Highest) == 0 || v.DSC > highest || v.DSC > meanDSC(s.Before) && v.DSC >= highest-standardError(v.Scores, s.Highest)
}

// keep notes the scores of the best weights, those of a step.
func (s *state) keep(v *Validation, step int) {
	s.Best, s.BestStep, s.After = v.DSC, step, v.Scores
	if v.DSC > meanDSC(s.Highest) {
		s.Highest = v.Scores
	}
}

// meanDSC is that of a validation; -1 without one.
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

// standardError is that of the mean difference of the same objects' DSC; 0 of a single one.
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

// saveBest writes the present weights as the best ones.
func (t *Trainer) saveBest() error {
	if err := t.saveWeights(bestFile); err != nil {
		return fmt.Errorf("train: step %d: %w: %w", t.state.Step, errSave, err)
	}
	return nil
}

// trust lets weights of a step count as the recipe says; those of step 0 are the start model's.
func (t *Trainer) trust(step int) {
	t.model.Config.PriorTrusted = t.trusted || t.Recipe.Trust && step > 0
}

// averaged lets f see the model with its averaged weights, where there are any.
func (t *Trainer) averaged(f func() error) error {
	if t.average.values == nil {
		return f()
	}
	return t.keeping(func() error {
		for i, p := range t.params {
			p.Set(t.average.values[i])
		}
		return f()
	})
}

// keeping runs f, which may change the model's weights, and puts them back.
func (t *Trainer) keeping(f func() error) error {
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
