package eval

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// PromptMode says how prompted slices are scored, whose outlines a method was given.
type PromptMode string

const (
	// PromptKeep scores the prediction as it is.
	PromptKeep PromptMode = "keep"
	// PromptReplace replaces the prediction with the truth on prompted slices, as the paper does for 2-D and 3-D baselines,
	// so that every method gets the annotated slice for free.
	PromptReplace PromptMode = "replace"
	// PromptExclude leaves prompted slices out of every measure.
	PromptExclude PromptMode = "exclude"
)

// Scope says which slices are scored.
type Scope string

const (
	// ScopeAll scores the whole volume.
	ScopeAll Scope = "all"
	// ScopeSpan scores from the first to the last slice in which the truth holds the label. Use it for annotations that
	// stop where the annotator stopped and not where the organ ends.
	ScopeSpan Scope = "span"
)

// PromptSlices maps a case name and a label to the prompted slices, counted from 0 along the scored axis. Label 0 stands
// for every label of the case that has no entry of its own.
type PromptSlices map[string]map[int32][]int

// ReadPromptSlices reads JSON such as {"case01": {"1": [12], "0": [20]}}, which maps cases to labels to slices.
func ReadPromptSlices(r io.Reader) (PromptSlices, error) {
	const hint = `want JSON such as {"case01": {"1": [12]}}: case, label, slices`
	var p PromptSlices
	dec := json.NewDecoder(r)
	if err := dec.Decode(&p); err != nil {
		return nil, fmt.Errorf("eval: prompted slices: %w (%s)", err, hint)
	}
	if dec.More() {
		return nil, fmt.Errorf("eval: prompted slices: more than one JSON value (%s)", hint)
	}
	for name, labels := range p {
		for label, list := range labels {
			if label < 0 || len(list) == 0 || slices.Min(list) < 0 {
				return nil, fmt.Errorf("eval: prompted slices: case %s, label %d, slices %v: none may be negative, and one slice is "+
					"needed", name, label, list)
			}
		}
	}
	return p, nil
}

// find returns the entry for a case and label, and whether there is one.
func (p PromptSlices) find(name string, label int32) ([]int, bool) {
	if s, ok := p[name][label]; ok {
		return s, true
	}
	s, ok := p[name][0]
	return s, ok
}

// sliceOptions fills o.Replace and o.Exclude for one label of one case. If the label cannot be scored, it returns the reason.
func (s *Study) sliceOptions(scorer *Scorer, name string, label int32, o *Options) (reason string) {
	if s.Scope == ScopeAll && s.Prompt == PromptKeep {
		return ""
	}
	n := scorer.truth.Dim[o.Axis]
	present := scorer.presentSlices(label, o.Axis)
	if s.Scope == ScopeSpan {
		if len(present) == 0 {
			return "the ground truth does not have the label, so there is no span to score"
		}
		o.Exclude = make([]bool, n)
		for i := range o.Exclude {
			o.Exclude[i] = i < present[0] || i > present[len(present)-1]
		}
	}
	if s.Prompt == PromptKeep {
		return ""
	}
	prompted, ok := s.PromptSlices.find(name, label)
	switch {
	case ok:
	case s.PromptSlices != nil:
		return "no prompted slice is given for this case and label"
	case len(present) > 0:
		prompted = present[(len(present)-1)/2:][:1]
	}
	for _, p := range prompted {
		if p < 0 || p >= n {
			return fmt.Sprintf("prompted slice %d does not exist: axis %d has slices 0 to %d", p, o.Axis, n-1)
		}
	}
	marks := &o.Replace
	if s.Prompt == PromptExclude {
		marks = &o.Exclude
	}
	if *marks == nil {
		*marks = make([]bool, n)
	}
	for _, p := range prompted {
		(*marks)[p] = true
	}
	if s.Prompt == PromptExclude && len(present) > 0 && !slices.ContainsFunc(present, func(i int) bool { return !o.Exclude[i] }) {
		return "the label occurs on prompted slices only; nothing is left to score"
	}
	return ""
}
