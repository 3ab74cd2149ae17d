package train

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Validation is how well whole volumes were segmented from one outlined slice per object, by Model.Segment.
type Validation struct {
	DSC     float64       `json:"dsc"`      // mean over volumes and objects, over the whole volume: what best is chosen by
	InRange float64       `json:"in_range"` // the same from each object's first slice to its last
	Absent  int           `json:"absent"`   // slices without their object, and how many of them
	RunOver int           `json:"run_over"` // something was found on
	Scores  []ObjectScore `json:"scores"`
	Seconds float64       `json:"seconds"`
	OnTrain bool          `json:"on_training_volumes,omitempty"`

	samples []sample
}

// ObjectScore is how well one object of a volume was found, on its slices but the outlined one and those that were held
// for training.
type ObjectScore struct {
	Case    string  `json:"case"`
	Label   int32   `json:"label"`
	Slice   int     `json:"slice"`    // the outlined one: the middle one of those that hold the object
	DSC     float64 `json:"dsc"`      // over the whole volume
	InRange float64 `json:"in_range"` // from the object's first slice to its last
	Absent  int     `json:"absent"`   // slices without the object
	RunOver int     `json:"run_over"` // those of them on which something was found
}

// sample is an object's truth and prediction, for the picture of samples.
type sample struct {
	of    *Case
	found *volume.LabelMap
	index int // object
	score ObjectScore
	span  []int // slices that hold it
}

// Validate propagates every object of every case from its middle slice through the whole volume, and scores it. limit
// bounds the objects per case, 0 for all; objects on a single slice cannot be scored.
func Validate(ctx context.Context, m *slmsam.Model, s Source, mem slmsam.Memory, limit int) (*Validation, error) {
	return validate(ctx, m, s, mem, limit, nil)
}

// validateOn validates the present weights on a source.
func (t *Trainer) validateOn(ctx context.Context, s Source) (*Validation, error) {
	return validate(ctx, t.model, s, t.Recipe.Memory, t.Recipe.ValidateObjects, t.Pause)
}

// validate is Validate with a pause between slices, which may be nil.
func validate(ctx context.Context, m *slmsam.Model, s Source, mem slmsam.Memory, limit int, pause func(context.Context) error) (*Validation, error) {
	began := time.Now()
	v := &Validation{}
	for i := range s.Len() {
		c, err := s.Case(i)
		if err != nil {
			return nil, err
		}
		if err := validateCase(ctx, m, c, mem, limit, v, pause); err != nil {
			return nil, fmt.Errorf("train: validation on %s: %w", c.Name, err)
		}
	}
	if len(v.Scores) == 0 {
		return nil, fmt.Errorf("train: validation: no object is on two or more slices")
	}
	v.DSC = meanDSC(v.Scores)
	n := float64(len(v.Scores))
	for _, s := range v.Scores {
		v.InRange += s.InRange / n
		v.Absent += s.Absent
		v.RunOver += s.RunOver
	}
	v.Seconds = time.Since(began).Seconds()
	return v, nil
}

func validateCase(ctx context.Context, m *slmsam.Model, c *Case, mem slmsam.Memory, limit int, v *Validation, pause func(context.Context) error) error {
	var prompts []slmsam.Prompt
	var samples []sample
	for o := range c.Objects {
		span := c.span(o)
		if len(span) < 2 || limit > 0 && len(prompts) == limit {
			continue
		}
		mid := span[(len(span)-1)/2]
		prompts = append(prompts, slmsam.Prompt{Slice: mid, Object: o + 1, Mask: c.Mask(mid, o)})
		samples = append(samples, sample{of: c, index: o, span: span, score: ObjectScore{Case: c.Name, Label: c.Objects[o], Slice: mid}})
	}
	if len(prompts) == 0 {
		return nil
	}
	r := slmsam.Request{Slices: c.Slices(), Prompts: prompts, Options: slmsam.Options{Memory: mem}}
	if pause != nil {
		r.Progress = func(slmsam.Progress) error { return pause(ctx) }
		if err := pause(ctx); err != nil {
			return err
		}
	}
	result, err := m.Segment(ctx, r)
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
		if !s.scorable() {
			continue
		}
		if err := s.measure(scorer); err != nil {
			return err
		}
		s.found = labels
		v.Scores = append(v.Scores, s.score)
		if len(v.samples) < sampleRows {
			v.samples = append(v.samples, s)
		}
	}
	return nil
}

// scorable says whether an object is on a slice that counts.
func (s sample) scorable() bool {
	excluded := s.excluded(false)
	return slices.ContainsFunc(s.span, func(z int) bool { return !excluded[z] })
}

// measure scores an object over the whole volume and in range.
func (s *sample) measure(scorer *eval.Scorer) error {
	label := int32(s.index + 1)
	whole, err := scorer.Score(label, eval.Options{Axis: sampleAxis, Exclude: s.excluded(false)})
	if err != nil {
		return err
	}
	within, err := scorer.Score(label, eval.Options{Axis: sampleAxis, Exclude: s.excluded(true)})
	if err != nil {
		return err
	}
	s.score.DSC, s.score.InRange = whole.DSC, within.DSC
	s.score.Absent, s.score.RunOver = whole.Slices.Absent, whole.Slices.OverPropagated
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

// excluded marks the slices that do not count: the outlined one, those that were kept for training and, in range, those
// beyond the object's first and last.
func (s sample) excluded(inRange bool) []bool {
	out := make([]bool, s.of.Len())
	for z := range out {
		beyond := z < s.span[0] || z > s.span[len(s.span)-1]
		out[z] = z == s.score.Slice || s.of.scored != nil && !s.of.scored[z] || inRange && beyond
	}
	return out
}
