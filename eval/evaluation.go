package eval

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// evaluation is the state of one Evaluate.
type evaluation struct {
	study       *Study
	result      *Result
	truth       map[string]string   // case -> file
	predictions []map[string]string // per method: case -> file
	organs      map[string]int32    // labels of case folders with one file per organ, by organKey
	done, total int

	holders  map[int32][]string         // label -> cases whose truth holds it
	readable map[string]map[string]bool // case -> methods whose prediction could be scored
}

// match lists the folders and excludes cases that are not on both sides.
func (e *evaluation) match() error {
	truth, ignored, err := FindCases(e.study.Truth)
	if err != nil {
		return err
	}
	e.truth = truth
	e.result.Ignored = ignored
	for _, m := range e.study.Methods {
		cases, ignored, err := FindCases(m.Dir)
		if err != nil {
			return fmt.Errorf("method %s: %w", m.Name, err)
		}
		e.result.Ignored = append(e.result.Ignored, ignored...)
		cases = renamed(cases, m.Dir, truth, e.study.Truth)
		var notes []string
		cases, notes = pairNames(cases, truth)
		e.result.Notes = append(e.result.Notes, notes...)
		for _, name := range sortedNames(truth) {
			if cases[name] == "" {
				e.exclude(name, 0, m.Name, "no prediction in "+m.Dir+hint(name, cases))
			}
		}
		for _, name := range sortedNames(cases) {
			if truth[name] == "" {
				e.exclude(name, 0, m.Name, "no truth in "+e.study.Truth+hint(name, truth))
				delete(cases, name)
			}
		}
		e.predictions = append(e.predictions, cases)
		e.total += len(cases)
	}
	return e.numberOrgans()
}

// renamed gives a single predicted file the case name of a single true file: the two are meant for each other, whatever
// their names. Otherwise the names stay.
func renamed(cases map[string]string, at string, truth map[string]string, truthAt string) map[string]string {
	predicted := slices.Collect(maps.Values(cases))
	for name, path := range truth {
		if path == truthAt && slices.Contains(predicted, at) {
			return map[string]string{name: at}
		}
	}
	return cases
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func (e *evaluation) exclude(name string, label int32, method, reason string) {
	e.result.Excluded = append(e.result.Excluded, Exclusion{name, label, method, reason})
}

// scoreAll reads one truth at a time and, beside it, one prediction at a time.
func (e *evaluation) scoreAll(ctx context.Context) error {
	e.holders, e.readable = map[int32][]string{}, map[string]map[string]bool{}
	for _, name := range sortedNames(e.truth) {
		if err := stopError(ctx, name); err != nil {
			return err
		}
		truth, err := e.open(e.truth[name])
		var held []int32
		if err == nil {
			held, err = e.holds(ctx, truth)
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

// stopError is the error of a context that has ended while a case was scored; nil before.
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

func (e *evaluation) progress(path string) {
	if e.study.Progress != nil {
		e.study.Progress(e.done, e.total, path)
	}
}

// note keeps what the reader of a file had to say.
func (e *evaluation) note(path string, notes []string) {
	for _, n := range notes {
		e.result.Notes = append(e.result.Notes, shortPath(path)+": "+n)
	}
}

// load reads and checks one map.
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
	if e.readable[name] == nil {
		e.readable[name] = map[string]bool{}
	}
	e.readable[name][method] = true
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

// scorer compares a prediction with its truth; what was not plain about their grids goes to the notes.
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

// scoreLabel adds the row of one label, or says why there is none.
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

// without is m with background where the truth has the label; both lie on one grid.
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

// asked keeps the labels that the study asks for.
func (e *evaluation) asked(labels []int32) []int32 {
	return slices.DeleteFunc(labels, func(label int32) bool {
		return e.study.Ignore != 0 && label == e.study.Ignore || len(e.study.Labels) > 0 && !slices.Contains(e.study.Labels, label)
	})
}

// finish settles what is known only after the last case: labels that no truth holds, rows that other methods need, the
// order, and the statistics.
func (e *evaluation) finish() {
	e.dropForeign()
	e.addAbsent()
	r := e.result
	order := map[string]int{}
	for i, m := range e.study.Methods {
		order[m.Name] = i
	}
	slices.SortStableFunc(r.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Case, b.Case), cmp.Compare(a.Label, b.Label), cmp.Compare(order[a.Method], order[b.Method]))
	})
	for i := range r.Rows {
		r.Rows[i].LabelName = e.study.Names[r.Rows[i].Label]
	}
	r.Summary = summarize(r.Rows, e.study, e.holders)
	r.Comparisons = compare(r.Rows, e.study)
}

// dropForeign excludes labels that no truth holds: nothing can be said about them.
func (e *evaluation) dropForeign() {
	for _, label := range e.study.Labels {
		if len(e.holders[label]) == 0 {
			e.exclude("", label, "", "no truth holds this label")
		}
	}
	e.result.Rows = slices.DeleteFunc(e.result.Rows, func(r Row) bool {
		foreign := len(e.holders[r.Label]) == 0
		if foreign {
			e.exclude(r.Case, r.Label, r.Method, "predicted, but no truth holds this label")
		}
		return foreign
	})
}

// addAbsent makes methods comparable on labels that the truth of a case lacks: where one method predicts such a label
// (DSC 0), each other method that does not gets its row of two empty masks (DSC 1).
func (e *evaluation) addAbsent() {
	type key struct {
		name  string
		label int32
	}
	have := map[key]map[string]bool{}
	example := map[key]Row{}
	for _, r := range e.result.Rows {
		k := key{r.Case, r.Label}
		if have[k] == nil {
			have[k] = map[string]bool{}
		}
		have[k][r.Method] = true
		if !slices.Contains(e.holders[r.Label], r.Case) {
			example[k] = r
		}
	}
	for k, r := range example {
		for _, m := range e.study.Methods {
			if e.readable[k.name][m.Name] && !have[k][m.Name] {
				e.result.Rows = append(e.result.Rows, r.emptied(m.Name))
			}
		}
	}
}
