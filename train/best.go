package train

import (
	"context"
	"fmt"
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
	if v.DSC <= t.state.Best {
		return v, nil
	}
	t.state.Best, t.state.BestStep, t.state.After = v.DSC, t.state.Step, v.Scores
	t.state.Calibrated, t.state.Shift = false, 0
	return v, t.saveBest()
}

// saveBest writes the present weights as the best ones.
func (t *Trainer) saveBest() error {
	if err := t.saveWeights(bestFile); err != nil {
		return fmt.Errorf("train: step %d: %w: %w", t.state.Step, errSave, err)
	}
	return nil
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
