package ablate

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/seed-6f79f512/slmsam/eval"
)

// score scores the runs of a protocol; the methods are the memory settings.
func (a *ablation) score(ctx context.Context, volumes int) (*Scores, error) {
	study := eval.Study{Truth: a.truthDir(), Names: a.Names, Axis: strconv.Itoa(sliceAxis),
		ToleranceMM: eval.DefaultToleranceMM, Prompt: a.Prompt, Scope: a.Scope, Resamples: a.Resamples, Seed: a.Recipe.Seed}
	for _, m := range a.Memories {
		dir := filepath.Join(run{volumes, m}.dir(a.Dir), predictionDir)
		study.Methods = append(study.Methods, eval.Method{Name: m.String(), Dir: dir})
	}
	r, err := eval.Evaluate(ctx, study)
	if err != nil {
		return nil, fmt.Errorf("ablate: scores of %s: %w", ProtocolName(volumes), err)
	}
	return &Scores{Volumes: volumes, Result: r}, nil
}

// difference is the paired difference a minus b of a measure over all labels; false if they were not compared.
func (s *Scores) difference(a, b, measure string) (eval.Comparison, bool) {
	overall := s.Summary[0].Label
	for _, c := range s.Comparisons {
		if c.Label != overall || c.Measure != measure {
			continue
		}
		if c.First == a && c.Second == b {
			return c, true
		}
		if c.First == b && c.Second == a {
			c.First, c.Second = a, b
			c.Difference = eval.Interval{Mean: -c.Difference.Mean, Low: -c.Difference.High, High: -c.Difference.Low}
			return c, true
		}
	}
	return eval.Comparison{}, false
}
