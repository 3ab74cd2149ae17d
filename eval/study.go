package eval

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// DefaultToleranceMM is a usual tolerance of the surface Dice for organs.
const DefaultToleranceMM = 2.0

// Method is a named folder of predictions, or a single prediction.
type Method struct {
	Name string `json:"name"`
	Dir  string `json:"dir"`
}

// Study says what to score. Truth and Methods are needed; the zero value of every other field is a default.
type Study struct {
	Truth   string   // folder of true label maps, or one of them
	Methods []Method // folders of predictions, in the order of the tables

	Labels      []int32          // labels to score; none: all that occur in any truth
	Names       map[int32]string // label names for tables and plots
	Axis        string           // "auto" (or empty), "0", "1", "2": the axis perpendicular to the slices; auto is AcquisitionAxis of the truth
	ToleranceMM float64          // of the surface Dice; 0 asks for coincidence

	Prompt       PromptMode   // empty: keep
	PromptSlices PromptSlices // nil: the central slice of the label, as CentralSlice
	Scope        Scope        // empty: all

	Resamples int    // bootstrap resamples; 0: DefaultResamples
	Seed      uint64 // of the bootstrap
	Strict    bool   // any Exclusion is an error

	Ignore int32 // label of voxels whose truth is unknown, which are left out of every measure; 0: none

	IgnoreGeometry bool // compare maps of equal size voxel by voxel, whatever their headers say

	Progress func(done, total int, file string) // called before each prediction is read, and once at the end
}

// Exclusion is something that was not scored, and why. Empty fields mean "all of them".
type Exclusion struct {
	Case   string `json:"case"`
	Label  int32  `json:"label,omitempty"`
	Method string `json:"method,omitempty"`
	Reason string `json:"reason"`
}

func (e Exclusion) String() string {
	var who []string
	if e.Case != "" {
		who = append(who, "case "+e.Case)
	}
	if e.Label != 0 {
		who = append(who, "label "+strconv.Itoa(int(e.Label)))
	}
	if e.Method != "" {
		who = append(who, "method "+e.Method)
	}
	return strings.Join(who, ", ") + ": " + e.Reason
}

// Evaluate scores every method on every case. What cannot be scored (a missing or extra case, another grid, an unreadable
// or non-integer map, a label that no truth holds) is listed in Result.Excluded, or fails with all of it listed if Strict
// is set. It returns an error if the study is wrong, a folder cannot be listed, or nothing at all could be scored.
func Evaluate(ctx context.Context, study Study) (*Result, error) {
	s := study
	if err := s.complete(); err != nil {
		return nil, err
	}
	run := evaluation{study: &s, result: &Result{LabelNames: s.Names, Settings: s.settings()}}
	if err := run.match(); err != nil {
		return nil, err
	}
	if err := run.scoreAll(ctx); err != nil {
		return nil, err
	}
	run.finish()
	if s.Strict && len(run.result.Excluded) > 0 {
		return nil, excludedError(run.result.Excluded)
	}
	if len(run.result.Rows) == 0 {
		return nil, fmt.Errorf("eval: nothing could be scored: %w", excludedError(run.result.Excluded))
	}
	return run.result.nonNil(), nil
}

// excludedError lists exclusions, the first twenty in full.
func excludedError(list []Exclusion) error {
	const most = 20
	var text strings.Builder
	fmt.Fprintf(&text, "%d exclusions", len(list))
	for i, e := range list {
		if i == most {
			fmt.Fprintf(&text, "\n  and %d more", len(list)-most)
			break
		}
		text.WriteString("\n  " + e.String())
	}
	return errors.New(text.String())
}

// Check reports the first setting that makes no sense. It reads no file.
func (s Study) Check() error { return s.complete() }

// complete fills defaults and rejects what makes no sense.
func (s *Study) complete() error {
	if s.Truth == "" || len(s.Methods) == 0 {
		return errors.New("eval: a study needs a folder of truth and at least one method with a folder of predictions")
	}
	seen := map[string]bool{}
	for _, m := range s.Methods {
		if m.Name == "" || m.Dir == "" {
			return fmt.Errorf("eval: method %q has the folder %q; both must be given", m.Name, m.Dir)
		}
		if seen[m.Name] {
			return fmt.Errorf("eval: two methods are named %q; give each its own name", m.Name)
		}
		seen[m.Name] = true
	}
	for _, label := range s.Labels {
		if label <= 0 {
			return fmt.Errorf("eval: label %d cannot be scored; labels are positive", label)
		}
	}
	s.Labels = slices.Compact(slices.Sorted(slices.Values(s.Labels)))
	setDefault(&s.Axis, "auto")
	setDefault(&s.Prompt, PromptKeep)
	setDefault(&s.Scope, ScopeAll)
	setDefault(&s.Resamples, DefaultResamples)
	return s.checkChoices()
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// checkChoices rejects values that are not among those that a setting can take.
func (s *Study) checkChoices() error {
	if !slices.Contains([]string{"auto", "0", "1", "2"}, s.Axis) {
		return fmt.Errorf("eval: axis %q; use auto, 0, 1 or 2", s.Axis)
	}
	if !slices.Contains([]PromptMode{PromptKeep, PromptReplace, PromptExclude}, s.Prompt) {
		return fmt.Errorf("eval: prompt slices %q; use keep, replace or exclude", s.Prompt)
	}
	if s.Scope != ScopeAll && s.Scope != ScopeSpan {
		return fmt.Errorf("eval: scope %q; use all or span", s.Scope)
	}
	if s.Resamples < 1 || s.Resamples > maxResamples {
		return fmt.Errorf("eval: %d bootstrap resamples; use 1 to %d", s.Resamples, maxResamples)
	}
	return Options{ToleranceMM: s.ToleranceMM}.check([3]int{1, 1, 1})
}

// settings returns what the reports say about how the numbers were computed.
func (s *Study) settings() Settings {
	return Settings{
		Truth: s.Truth, Methods: s.Methods, Axis: s.Axis, ToleranceMM: s.ToleranceMM, Prompt: s.Prompt, Scope: s.Scope,
		Resamples: s.Resamples, Seed: s.Seed,
	}
}

// axis returns the axis perpendicular to the slices of one truth.
func (s *Study) axis(truth *volume.LabelMap) int {
	if s.Axis == "auto" {
		return truth.AcquisitionAxis()
	}
	return int(s.Axis[0] - '0')
}

// shortPath returns the last two elements of a path for messages: in folders per case, the last one alone is always the same.
func shortPath(path string) string {
	return filepath.Join(filepath.Base(filepath.Dir(path)), filepath.Base(path))
}
