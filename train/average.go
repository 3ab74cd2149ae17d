package train

import (
	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/nn"
)

// average is an exponential moving average of the trained parameters over the steps, in their order; empty before the
// first step. Its decay starts low so that the first weights fade quickly.
type average struct {
	values [][]float32
	steps  int
}

// add updates the average with the weights after a step; a decay of 0 disables it.
func (a *average) add(params []*nn.Param, decay float64) error {
	if decay == 0 {
		return nil
	}
	a.steps++
	keep := float32(min(decay, float64(a.steps)/float64(a.steps+10)))
	for i, p := range params {
		v, err := p.Get()
		if err != nil {
			return err
		}
		if i == len(a.values) {
			a.values = append(a.values, v)
			continue
		}
		of := a.values[i]
		for k, x := range v {
			of[k] = x + keep*(of[k]-x)
		}
	}
	return nil
}

// tensors returns the average as it is saved.
func (a *average) tensors(params []*nn.Param) []checkpoint.Named {
	var out []checkpoint.Named
	for i, v := range a.values {
		out = append(out, checkpoint.Named{Name: averagePrefix + params[i].Name, Tensor: checkpoint.NewF32(v, params[i].Shape...)})
	}
	return out
}

// readAverage reads what tensors saved, after the given number of steps; the zero average if the file has none.
func readAverage(f *checkpoint.File, params []*nn.Param, steps int) average {
	a := average{steps: steps}
	for _, p := range params {
		t := f.Tensors[averagePrefix+p.Name]
		if t == nil || t.Len() != p.Tensor.Len() {
			return average{}
		}
		a.values = append(a.values, t.Data)
	}
	return a
}

// saveAverage writes the model with the averaged weights, if there are any.
func (t *Trainer) saveAverage() error {
	if t.average.values == nil {
		return nil
	}
	weights, err := t.model.State()
	if err != nil {
		return err
	}
	at := map[string][]float32{}
	for i, p := range t.params {
		at[p.Name] = t.average.values[i]
	}
	for i, w := range weights {
		if v := at[w.Name]; v != nil {
			weights[i].Tensor = checkpoint.NewF32(v, w.Tensor.Shape...)
		}
	}
	return t.writeWeights(averageFile, weights)
}
