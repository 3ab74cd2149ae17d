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

// Validation is how well whole volumes were segmented by Model.Segment from one outlined slice per object.
type Validation struct {
	DSC     float64       `json:"dsc"`      // mean whole-volume DSC over volumes and objects; selects the best weights
	InRange float64       `json:"in_range"` // the same from each object's first slice to its last
	Absent  int           `json:"absent"`   // slices without their object, counted once per outline
	RunOver int           `json:"run_over"` // those of them on which the object was found
	Scores  []ObjectScore `json:"scores"`
	Seconds float64       `json:"seconds"`
	OnTrain bool          `json:"on_training_volumes,omitempty"`

	samples []sample
}

// ObjectScore is how well one object of a volume was found, on all slices except the outlined one and those used for
// training. If it was outlined on several slices in turn, scores are averaged and slice counts added up.
type ObjectScore struct {
	Case    string  `json:"case"`
	Label   int32   `json:"label"`
	Slice   int     `json:"slice"`    // the slice outlined first: the middle one of those that hold the object
	DSC     float64 `json:"dsc"`      // over the whole volume
	InRange float64 `json:"in_range"` // from the object's first slice to its last
	Absent  int     `json:"absent"`   // slices without the object
	RunOver int     `json:"run_over"` // those of them on which the object was found
}

// sample is an object's truth and prediction, for scoring and for the sample picture.
type sample struct {
	of    *Case
	found *volume.LabelMap
	index int // of the object in the case
	score ObjectScore
	span  []int // slices that hold it
}

// validateOn validates the current weights on a source.
func (t *Trainer) validateOn(ctx context.Context, s Source) (*Validation, error) {
	v := &validator{model: t.model, memory: t.Recipe.Memory, limit: t.Recipe.ValidateObjects, pause: t.Pause}
	return v.validate(ctx, s)
}

// validator holds the settings of a validation.
type validator struct {
	model  *slmsam.Model
	memory slmsam.Memory
	limit  int                         // objects per case; 0: all
	pause  func(context.Context) error // called between slices; may be nil
}

// enoughScores is the number of objects that give a reliable score with one outline each, on their middle slices. Fewer are also
// outlined on other slices in turn, with a share of the object's area before them that outlinedAt lists: annotators choose
// slices that show much, and an outline on one that shows little says nothing about those.
const enoughScores = 6

var outlinedAt = []float64{1. / 4, 3. / 4}

// validate propagates every object of every case from its middle slice through the whole volume, and scores the result. If
// that would score only a few objects, each is propagated from other slices as well. Objects on a single slice cannot be
// scored.
func (o *validator) validate(ctx context.Context, s Source) (*Validation, error) {
	began := time.Now()
	v := &Validation{}
	outlines, err := o.outlines(s)
	if err != nil {
		return nil, err
	}
	for i := range s.Len() {
		c, err := s.Case(i)
		if err != nil {
			return nil, err
		}
		if err := o.validateCase(ctx, c, outlines, v); err != nil {
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

// outlines is how many times to outline each object of a source.
func (o *validator) outlines(s Source) (int, error) {
	objects := 0
	for i := range s.Len() {
		c, err := s.Case(i)
		if err != nil {
			return 0, err
		}
		if objects += len(o.samples(c)); objects >= enoughScores {
			return 1, nil
		}
	}
	return min(1+len(outlinedAt), (enoughScores+objects-1)/max(objects, 1)), nil
}

// validateCase scores the objects of a case, each by the mean over its outlines.
func (o *validator) validateCase(ctx context.Context, c *Case, outlines int, v *Validation) error {
	objects := o.samples(c)
	scores, counts := make([]ObjectScore, len(c.Objects)), make([]int, len(c.Objects))
	for k := range outlines {
		var samples []sample
		for _, s := range objects {
			if s, ok := s.outlined(k); ok {
				samples = append(samples, s)
			}
		}
		if len(samples) == 0 {
			continue
		}
		if err := o.propagate(ctx, c, samples); err != nil {
			return err
		}
		if k == 0 {
			v.samples = append(v.samples, samples[:min(len(samples), sampleRows-len(v.samples))]...)
		}
		for _, s := range samples {
			scores[s.index].add(s.score, counts[s.index])
			counts[s.index]++
		}
	}
	for _, s := range objects {
		v.Scores = append(v.Scores, scores[s.index])
	}
	return nil
}

// add adds the score of one more outline, after n others.
func (s *ObjectScore) add(of ObjectScore, n int) {
	if n == 0 {
		*s = of
		return
	}
	s.DSC += (of.DSC - s.DSC) / float64(n+1)
	s.InRange += (of.InRange - s.InRange) / float64(n+1)
	s.Absent += of.Absent
	s.RunOver += of.RunOver
}

// samples returns the objects of a case that can be scored, with their first outline.
func (o *validator) samples(c *Case) []sample {
	var out []sample
	for object := range c.Objects {
		span := c.span(object)
		if len(span) < 2 || o.limit > 0 && len(out) == o.limit {
			continue
		}
		s := sample{of: c, index: object, span: span, score: ObjectScore{Case: c.Name, Label: c.Objects[object]}}
		if s, ok := s.outlined(0); ok {
			out = append(out, s)
		}
	}
	return out
}

// outlined returns the sample with the object's k-th outline; ok is false if an earlier outline is on the same slice,
// or if no slice is left to score.
func (s sample) outlined(k int) (with sample, ok bool) {
	at := []int{s.span[(len(s.span)-1)/2]}
	for _, share := range outlinedAt[:k] {
		at = append(at, s.of.byArea(s.span, s.index, func(total int) int { return int(share * float64(total)) }))
	}
	s.score.Slice = at[k]
	return s, !slices.Contains(at[:k], at[k]) && s.scorable()
}

// propagate segments the objects of the samples from their outlines, and scores them.
func (o *validator) propagate(ctx context.Context, c *Case, samples []sample) error {
	r := slmsam.Request{Slices: c.Slices(), Options: slmsam.Options{Memory: o.memory}}
	for _, s := range samples {
		r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: s.score.Slice, Object: s.index + 1, Mask: c.Mask(s.score.Slice, s.index)})
	}
	if o.pause != nil {
		r.Progress = func(slmsam.Progress) error { return o.pause(ctx) }
		if err := o.pause(ctx); err != nil {
			return err
		}
	}
	result, err := o.model.Segment(ctx, r)
	if err != nil {
		return err
	}
	labels := result.Labels
	c.clearUnknown(labels)
	scorer, err := eval.NewScorer(c.truth(), labels, volume.GridOptions{})
	if err != nil {
		return err
	}
	for i := range samples {
		if err := samples[i].measure(scorer); err != nil {
			return err
		}
		samples[i].found = labels
	}
	return nil
}

// scorable reports whether any slice with the object counts.
func (s sample) scorable() bool {
	excluded := s.excluded(false)
	return slices.ContainsFunc(s.span, func(z int) bool { return !excluded[z] })
}

// measure scores an object over the whole volume and in range.
func (s *sample) measure(scorer *eval.Scorer) error {
	label := int32(s.index + 1)
	whole, err := scorer.Score(label, eval.Options{Axis: sliceAxis, Exclude: s.excluded(false)})
	if err != nil {
		return err
	}
	within, err := scorer.Score(label, eval.Options{Axis: sliceAxis, Exclude: s.excluded(true)})
	if err != nil {
		return err
	}
	s.score.DSC, s.score.InRange = whole.DSC, within.DSC
	s.score.Absent, s.score.RunOver = whole.Slices.Absent, whole.Slices.OverPropagated
	return nil
}

// span lists the slices that hold object o.
func (c *Case) span(o int) []int {
	var out []int
	for i := range c.Images {
		if slices.Contains(c.Visible(i), o) {
			out = append(out, i)
		}
	}
	return out
}

// clearUnknown erases a label map where the truth is unknown, so that those voxels affect no score.
func (c *Case) clearUnknown(l *volume.LabelMap) {
	for z, pix := range c.Labels {
		for p, o := range pix {
			if o == ignored {
				l.Data[z*len(pix)+p] = 0
			}
		}
	}
}

// truth returns the case's labels as a label map; object o is label o+1.
func (c *Case) truth() *volume.LabelMap {
	m := &volume.LabelMap{Dim: [3]int{c.W, c.H, c.Len()}, Geom: c.geometry()}
	for _, pix := range c.Labels {
		for _, l := range pix {
			m.Data = append(m.Data, int32(l))
		}
	}
	c.clearUnknown(m)
	return m
}

// excluded marks the slices that do not count: the outlined one, those used for training, and, if inRange, those
// outside the object's range.
func (s sample) excluded(inRange bool) []bool {
	out := make([]bool, s.of.Len())
	for z := range out {
		beyond := z < s.span[0] || z > s.span[len(s.span)-1]
		out[z] = z == s.score.Slice || s.of.scored != nil && !s.of.scored[z] || inRange && beyond
	}
	return out
}
