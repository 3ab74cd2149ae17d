package eval

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// evaluation is the state of one call of Evaluate.
type evaluation struct {
	study       *Study
	result      *Result
	truth       map[string]string   // case -> file
	predictions []map[string]string // per method: case -> file
	organs      map[string]int32    // labels of case folders with one file per organ, by organKey
	done, total int

	holders map[int32][]string         // label -> cases whose truth holds it
	scored  map[string]map[string]bool // case -> methods whose prediction was scored
}

// exclude records why something is not scored; see Exclusion.
func (e *evaluation) exclude(name string, label int32, method, reason string) {
	e.result.Excluded = append(e.result.Excluded, Exclusion{name, label, method, reason})
}

// scoreAll scores every case. It holds one truth and one prediction in memory at a time.
func (e *evaluation) scoreAll(ctx context.Context) error {
	e.holders, e.scored = map[int32][]string{}, map[string]map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(e.truth)) {
		if err := stopError(ctx, name); err != nil {
			return err
		}
		truth, err := e.open(e.truth[name])
		var held []int32
		if err == nil {
			held, err = e.present(ctx, truth)
		}
		if stopped := stopError(ctx, name); stopped != nil {
			return stopped
		}
		if err != nil {
			e.exclude(name, 0, "", "truth: "+err.Error())
			e.skip(name)
			continue
		}
		e.note(e.truth[name], truth.notes)
		for _, label := range e.asked(held) {
			e.holders[label] = append(e.holders[label], name)
		}
		for i, m := range e.study.Methods {
			path := e.predictions[i][name]
			if path == "" {
				continue
			}
			e.progress(path)
			err := e.scorePair(ctx, name, m.Name, truth, path)
			if stopped := stopError(ctx, name); stopped != nil {
				return stopped
			}
			if err != nil {
				e.exclude(name, 0, m.Name, err.Error())
			}
			e.done++
		}
	}
	e.progress("")
	return nil
}

// stopError returns an error if ctx has ended while a case was scored.
func stopError(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("eval: stopped at case %s: %w", name, err)
	}
	return nil
}

// skip counts the predictions of a case whose truth cannot be read as done.
func (e *evaluation) skip(name string) {
	for _, cases := range e.predictions {
		if cases[name] != "" {
			e.done++
		}
	}
}

// progress reports the number of predictions that are done, and the one that is next.
func (e *evaluation) progress(path string) {
	if e.study.Progress != nil {
		e.study.Progress(e.done, e.total, path)
	}
}

// note adds the notes of reading a file to the result.
func (e *evaluation) note(path string, notes []string) {
	for _, n := range notes {
		e.result.Notes = append(e.result.Notes, shortPath(path)+": "+n)
	}
}

// load reads one label map and checks that it can be scored.
func (e *evaluation) load(path string) (*volume.LabelMap, error) {
	m, err := volume.ReadLabelMap(path)
	if err != nil {
		return nil, err
	}
	if err := checkScorable(m); err != nil {
		return nil, fmt.Errorf("%s: %w", shortPath(path), err)
	}
	return m, nil
}

// scorePair scores every label of one prediction that the truth or the prediction holds. If ctx ends, it stops early.
func (e *evaluation) scorePair(ctx context.Context, name, method string, truth *layers, path string) error {
	prediction, err := e.open(path)
	if err != nil {
		return fmt.Errorf("prediction: %w", err)
	}
	e.note(path, prediction.notes)
	if truth.whole == nil || prediction.whole == nil {
		err = e.scoreOrgans(ctx, name, method, truth, prediction)
	} else {
		err = e.scoreMaps(ctx, name, method, truth.whole, prediction.whole, path)
	}
	if err != nil {
		return err
	}
	if e.scored[name] == nil {
		e.scored[name] = map[string]bool{}
	}
	e.scored[name][method] = true
	return nil
}

// scoreMaps scores the labels of two maps.
func (e *evaluation) scoreMaps(ctx context.Context, name, method string, truth, prediction *volume.LabelMap, path string) error {
	scorer, err := e.scorer(path, truth, prediction)
	if err != nil {
		return err
	}
	labels := append(scorer.TruthLabels(), scorer.PredictionLabels()...)
	slices.Sort(labels)
	for _, label := range e.asked(slices.Compact(labels)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		e.scoreLabel(name, method, scorer, label)
	}
	return nil
}

// scorer returns a Scorer of a pair of maps, in which the voxels of the ignored label are background. What had to be done to
// bring them onto one grid goes to the notes.
func (e *evaluation) scorer(path string, truth, prediction *volume.LabelMap) (*Scorer, error) {
	opt := volume.GridOptions{IgnoreGeometry: e.study.IgnoreGeometry, Axis: -1}
	if ignore := e.study.Ignore; ignore != 0 {
		placed, notes, err := volume.OntoGrid(truth, prediction, opt)
		if err != nil {
			return nil, fmt.Errorf("%s: eval: %w", shortPath(path), err)
		}
		e.result.Notes = append(e.result.Notes, notes...)
		truth, prediction = without(truth, truth, ignore), without(placed, truth, ignore)
	}
	s, err := NewScorer(truth, prediction, opt)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shortPath(path), err)
	}
	e.result.Notes = append(e.result.Notes, s.Notes...)
	return s, nil
}

// scoreLabel adds the row of one label, or excludes the label with the reason.
func (e *evaluation) scoreLabel(name, method string, scorer *Scorer, label int32) {
	o := Options{Axis: e.study.axis(scorer.truth), ToleranceMM: e.study.ToleranceMM}
	if reason := e.study.sliceOptions(scorer, name, label, &o); reason != "" {
		e.exclude(name, label, method, reason)
		return
	}
	scores, err := scorer.Score(label, o)
	if err != nil {
		e.exclude(name, label, method, err.Error())
		return
	}
	e.result.Rows = append(e.result.Rows, newRow(name, label, method, o.Axis, scores))
}

// without returns m with background wherever the truth has the label. Both lie on one grid.
func without(m, truth *volume.LabelMap, label int32) *volume.LabelMap {
	out := *m
	out.Data = slices.Clone(m.Data)
	for i, l := range truth.Data {
		if l == label {
			out.Data[i] = 0
		}
	}
	return &out
}

// asked returns those of labels, which it overwrites, that the study asks for.
func (e *evaluation) asked(labels []int32) []int32 {
	return slices.DeleteFunc(labels, func(label int32) bool {
		return e.study.Ignore != 0 && label == e.study.Ignore || len(e.study.Labels) > 0 && !slices.Contains(e.study.Labels, label)
	})
}
