package train

import (
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/eval"
)

// Gain is how much training changed the scores on the validation volumes, object by object.
type Gain struct {
	Before  float64       `json:"before"` // mean whole-volume DSC of the start weights
	After   float64       `json:"after"`  // the same of the best weights
	Change  eval.Interval `json:"change"` // paired, over the objects
	Objects int           `json:"objects"`

	Absent        int `json:"absent"`          // slices without their object, counted once per outline
	RunOverBefore int `json:"run_over_before"` // those of them on which the start weights found the object
	RunOverAfter  int `json:"run_over_after"`  // the same for the best weights

	Kept    bool    `json:"start_kept"`     // the start weights remained the best ones
	Shift   float64 `json:"presence_shift"` // shift of the presence score by recalibration
	OnTrain bool    `json:"on_training_volumes,omitempty"`
}

// Gain compares the best weights with the start weights; false if the start weights were not validated.
func (t *Trainer) Gain() (Gain, bool) {
	before, after := t.state.Before, t.state.After
	if len(before) == 0 || len(before) != len(after) {
		return Gain{}, false
	}
	g := Gain{Before: meanDSC(before), After: meanDSC(after), Objects: len(before), Kept: t.state.BestStep == 0, Shift: t.state.Shift}
	_, g.OnTrain = t.source()
	changes := make([]float64, len(before))
	for i, b := range before {
		a := after[i]
		changes[i] = a.DSC - b.DSC
		g.Absent += b.Absent
		g.RunOverBefore += b.RunOver
		g.RunOverAfter += a.RunOver
	}
	g.Change = eval.Bootstrap(changes, eval.DefaultResamples, t.Recipe.Seed, "gain")
	return g, true
}

// String returns the gain on one line.
func (g Gain) String() string {
	on := "volumes held out"
	if g.OnTrain {
		on = "the training volumes"
	}
	interval := ""
	if !math.IsNaN(float64(g.Change.Low)) {
		interval = fmt.Sprintf(" [%+.3f, %+.3f]", g.Change.Low, g.Change.High)
	}
	objects := fmt.Sprintf("%d objects", g.Objects)
	if g.Objects == 1 {
		objects = "1 object"
	}
	text := fmt.Sprintf("DSC over whole volumes: %.3f before -> %.3f after, %+.3f%s (%s of %s); absent slices run over: %d of %d -> %d",
		g.Before, g.After, float64(g.Change.Mean), interval, objects, on, g.RunOverBefore, g.Absent, g.RunOverAfter)
	switch {
	case g.Kept && g.Shift == 0:
		text += "; nothing beat the start weights, so they were kept"
	case g.Kept:
		text += fmt.Sprintf("; no step beat the start weights, so they were kept, with presence shifted by %+g", g.Shift)
	case g.Shift != 0:
		text += fmt.Sprintf("; presence shifted by %+g", g.Shift)
	}
	return text
}
