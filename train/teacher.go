package train

import "fmt"

// Teacher is teacher forcing: where the truth stands in for what the model predicts while it learns. The zero value
// leaves the model to its own predictions, as it is in use.
type Teacher struct {
	// TruePresence lets the truth decide, not the predicted scores, whether a tracked object counts as present: a
	// fresh model's masks then learn on every slice that holds the object, and its scores beside them.
	TruePresence bool `json:"true_presence"` // false
	// FreeMasks lets masks learn on every slice that holds the object, also where its score says that it is absent.
	FreeMasks bool `json:"free_masks"` // false
	// TrueMasks is the part of the tracked slices whose true masks are remembered, not the predicted ones: what a
	// fresh model predicts is not worth remembering.
	TrueMasks float64 `json:"true_masks"` // 0
	// TrueMasksSteps lets that part fall evenly to nothing in so many steps: teacher forcing that fades.
	TrueMasksSteps int `json:"true_masks_steps"` // 0: it stays
}

func (t Teacher) validate() error {
	if !(t.TrueMasks >= 0 && t.TrueMasks <= 1) || t.TrueMasksSteps < 0 {
		return fmt.Errorf("train: recipe: teacher: want true_masks in 0..1 and true_masks_steps >= 0, got %g and %d", t.TrueMasks, t.TrueMasksSteps)
	}
	return nil
}

// trueMasks is the part of the slices whose true masks are remembered in a step.
func (t Teacher) trueMasks(step int) float64 {
	if t.TrueMasksSteps == 0 {
		return t.TrueMasks
	}
	return t.TrueMasks * max(0, 1-float64(step)/float64(t.TrueMasksSteps))
}

// force hands a frame of a clip what the truth decides on it, but for what is remembered: see Sampler.recall.
func (t Teacher) force(f *Frame) {
	if t.TruePresence {
		f.Present = negated(f.Empty)
	}
	f.Free = t.FreeMasks
}
