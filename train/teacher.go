package train

import "fmt"

// Teacher configures teacher forcing: where the truth replaces the model's predictions during training. The zero
// value uses the model's own predictions throughout, as in real use.
type Teacher struct {
	// TruePresence lets the truth, not the predicted scores, decide whether a tracked object counts as present. A
	// fresh model's masks then learn on every slice that holds the object, while its scores learn alongside.
	TruePresence bool `json:"true_presence"` // false
	// FreeMasks lets masks learn on every slice that holds the object, even if its score says it is absent.
	FreeMasks bool `json:"free_masks"` // false
	// TrueMasks is the fraction of tracked slices whose true masks are remembered instead of the predicted ones: a
	// fresh model's predictions are not worth remembering.
	TrueMasks float64 `json:"true_masks"` // 0
	// TrueMasksSteps is the number of steps over which TrueMasks decreases linearly to 0.
	TrueMasksSteps int `json:"true_masks_steps"` // 0: it stays constant
}

// validate rejects impossible settings.
func (t Teacher) validate() error {
	if !(t.TrueMasks >= 0 && t.TrueMasks <= 1) || t.TrueMasksSteps < 0 {
		return fmt.Errorf("train: recipe: teacher: want true_masks in 0..1 and true_masks_steps >= 0, got %g and %d", t.TrueMasks, t.TrueMasksSteps)
	}
	return nil
}

// trueMasks is the fraction of slices whose true masks are remembered at a step.
func (t Teacher) trueMasks(step int) float64 {
	if t.TrueMasksSteps == 0 {
		return t.TrueMasks
	}
	return t.TrueMasks * max(0, 1-float64(step)/float64(t.TrueMasksSteps))
}

// force sets what the truth decides on a frame, except for what is remembered; see Sampler.recall.
func (t Teacher) force(f *Frame) {
	if t.TruePresence {
		f.Present = negated(f.Empty)
	}
	f.Free = t.FreeMasks
}

// negated returns the element-wise negation of v.
func negated(v []bool) []bool {
	out := make([]bool, len(v))
	for i, b := range v {
		out[i] = !b
	}
	return out
}
