package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Validation is how well volumes were segmented from one annotated slice per object.
type Validation struct {
	DSC     float64       `json:"dsc"` // mean over volumes and objects
	Scores  []ObjectScore `json:"scores"`
	Seconds float64       `json:"seconds"`
	OnTrain bool          `json:"on_training_volumes,omitempty"`

	samples []sample
}

// ObjectScore is the DSC of one object of a volume, over its slices but the annotated one.
type ObjectScore struct {
	Case  string  `json:"case"`
	Label int32   `json:"label"`
	Slice int     `json:"slice"` // the annotated one: the middle one of those that hold the object
	DSC   float64 `json:"dsc"`
}

// sample is an object's truth and prediction, for the picture of samples.
type sample struct {
	of    *Case
	found *volume.LabelMap
	index int // object
	score ObjectScore
	span  []int // slices that hold it
}

// Validate propagates every object of every case from its middle slice, over the slices of the case that
// hold objects, and scores it. limit bounds the objects per case, 0 for all; objects on a single slice
// cannot be scored.
func Validate(ctx context.Context, g *nn.Graph, m *slmsam.Model, s Source, mem slmsam.Memory, limit int) (*Validation, error) {
	began := time.Now()
	v := &Validation{}
	for i := range s.Len() {
		c, err := s.Case(i)
		if err != nil {
			return nil, err
		}
		if err := validateCase(ctx, g, m, c, mem, limit, v); err != nil {
			return nil, fmt.Errorf("train: validation on %s: %w", c.Name, err)
		}
	}
	if len(v.Scores) == 0 {
		return nil, fmt.Errorf("train: validation: no object is on two or more slices")
	}
	for _, s := range v.Scores {
		v.DSC += s.DSC / float64(len(v.Scores))
	}
	v.Seconds = time.Since(began).Seconds()
	return v, nil
}

func validateCase(ctx context.Context, g *nn.Graph, m *slmsam.Model, c *Case, mem slmsam.Memory, limit int, v *Validation) error {
	var prompts []slmsam.Prompt
	var samples []sample
	first, end := c.Len(), 0
	for o := range c.Objects {
		span := c.span(o)
		if len(span) < 2 || limit > 0 && len(prompts) == limit {
			continue
		}
		mid := span[(len(span)-1)/2]
		prompts = append(prompts, slmsam.Prompt{Slice: mid, Object: o + 1, Mask: c.Mask(mid, o)})
		samples = append(samples, sample{of: c, index: o, span: span, score: ObjectScore{Case: c.Name, Label: c.Objects[o], Slice: mid}})
		first, end = min(first, span[0]), max(end, span[len(span)-1]+1)
	}
	if len(prompts) == 0 {
		return nil
	}
	result, err := m.Segment(ctx, slmsam.Request{Slices: c.Slices(), Prompts: prompts,
		Options: slmsam.Options{Memory: mem, First: first, End: end}})
	if err != nil {
		return err
	}
	labels := result.Labels
	c.forget(labels)
	scorer, err := eval.NewScorer(c.truth(), labels, volume.GridOptions{})
	if err != nil {
		return err
	}
	for _, s := range samples {
		scores, err := scorer.Score(int32(s.index+1), eval.Options{Axis: 2, Exclude: s.excluded(c.Len())})
		if err != nil {
			return err
		}
		if math.IsNaN(scores.DSC) {
			continue
		}
		s.score.DSC, s.found = scores.DSC, labels
		v.Scores = append(v.Scores, s.score)
		if len(v.samples) < sampleRows {
			v.samples = append(v.samples, s)
		}
	}
	return nil
}

// span lists the slices that hold an object.
func (c *Case) span(o int) []int {
	var out []int
	for i := range c.Images {
		if slices.Contains(c.Visible(i), o) {
			out = append(out, i)
		}
	}
	return out
}

// forget empties a label map where nothing is known of the truth, so that it counts in no score.
func (c *Case) forget(l *volume.LabelMap) {
	for z, pix := range c.Labels {
		for p, o := range pix {
			if o == ignored {
				l.Data[z*len(pix)+p] = 0
			}
		}
	}
}

// truth is the case's labels as a map; object o is label o+1.
func (c *Case) truth() *volume.LabelMap {
	m := &volume.LabelMap{Dim: [3]int{c.W, c.H, c.Len()}, Geom: c.geometry()}
	for _, pix := range c.Labels {
		for _, l := range pix {
			m.Data = append(m.Data, int32(l))
		}
	}
	c.forget(m)
	return m
}

// excluded marks the slices that do not count: the annotated one and those beyond the object's first and
// last, where an annotator may simply have stopped.
func (s sample) excluded(n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = i < s.span[0] || i > s.span[len(s.span)-1] || i == s.score.Slice
	}
	return out
}

// validate scores the model, keeps it if it is the best so far, and draws the pictures.
func (t *Trainer) validate(ctx context.Context) (*Validation, error) {
	source := t.Held
	if source == nil {
		source = t.Train
		if m, ok := source.(Mixed); ok {
			source = m.First
		}
	}
	v, err := Validate(ctx, t.g, t.model, source, t.Recipe.Memory, t.Recipe.ValidateObjects)
	if err != nil {
		return nil, err
	}
	v.OnTrain = t.Held == nil
	if err := t.journal.validation(t.state.Step, v); err != nil {
		return nil, err
	}
	if v.DSC > t.state.Best {
		t.state.Best, t.state.BestStep = v.DSC, t.state.Step
		if err := t.saveWeights(bestFile); err != nil {
			return nil, fmt.Errorf("train: step %d: %w: %w", t.state.Step, errSave, err)
		}
	}
	if err := v.drawSamples(t.path(fmt.Sprintf("%s/step-%06d.png", sampleDir, t.state.Step))); err != nil {
		return nil, err
	}
	return v, t.drawCurves()
}
