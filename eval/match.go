package eval

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// match finds the cases of the truth and of every method, and excludes those that are not on both sides.
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
		for _, name := range slices.Sorted(maps.Keys(truth)) {
			if cases[name] == "" {
				e.exclude(name, 0, m.Name, "no prediction in "+m.Dir+hint(name, cases))
			}
		}
		for _, name := range slices.Sorted(maps.Keys(cases)) {
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

// renamed returns cases, the predictions in dir. If dir and truthDir are both single files, the two belong together whatever
// their names, and the prediction gets the case name of the truth.
func renamed(cases map[string]string, dir string, truth map[string]string, truthDir string) map[string]string {
	predicted := slices.Collect(maps.Values(cases))
	for name, path := range truth {
		if path == truthDir && slices.Contains(predicted, dir) {
			return map[string]string{name: dir}
		}
	}
	return cases
}

// roleEnding matches what programs append to the name of a case: the number of an image channel, such as nnU-Net's _0000,
// or a word that tells a label map from its image.
var roleEnding = regexp.MustCompile(`(?i)([_-](0\d{3}|label|labels|labelmap|mask|seg|segmentation|pred|prediction|gt|truth|slmsam))+$`)

// endingNumber matches the numbers in such an ending.
var endingNumber = regexp.MustCompile(`0\d{3}`)

// parsedName is a case's name taken apart: liver_0001_seg has the stem liver and the number 0001.
type parsedName struct {
	name, stem string
	numbers    []string // in the ending: of the case, of a channel, or of both
}

// parseName takes a name apart. A name that is all ending, such as "_seg", is its own stem.
func parseName(name string) parsedName {
	stem := roleEnding.ReplaceAllString(name, "")
	if stem == "" {
		return parsedName{name: name, stem: strings.ToLower(name)}
	}
	return parsedName{name, strings.ToLower(stem), endingNumber.FindAllString(name[len(stem):], -1)}
}

// alike reports whether two names may mean the same case. One of them may lack a number that the other one has at the end,
// because it may be the number of a channel; but liver_0001 and liver_0002 are two cases.
func (a parsedName) alike(b parsedName) bool {
	n := min(len(a.numbers), len(b.numbers))
	return a.stem == b.stem && slices.Equal(a.numbers[:n], b.numbers[:n])
}

// pairNames gives predictions the names of the true cases that they are alike, such as c1_0000 and c1. It leaves alone names
// that are the same on both sides, and those that have several counterparts. The note, if any, lists what was paired.
func pairNames(cases, truth map[string]string) (paired map[string]string, notes []string) {
	predicted, wanted := unmatched(cases, truth), unmatched(truth, cases)
	paired = map[string]string{}
	for name, path := range cases {
		paired[name] = path
	}
	var pairs []string
	for _, p := range predicted {
		candidates := alikeIn(wanted, p)
		if len(candidates) == 1 && len(alikeIn(predicted, candidates[0])) == 1 {
			pairs = append(pairs, fmt.Sprintf("%s with %s", p.name, candidates[0].name))
			delete(paired, p.name)
			paired[candidates[0].name] = cases[p.name]
		}
	}
	if len(pairs) == 0 {
		return paired, nil
	}
	more := ""
	if len(pairs) > 3 {
		more = fmt.Sprintf(" and %d more", len(pairs)-3)
	}
	return paired, []string{"paired although the names end differently: " + strings.Join(pairs[:min(3, len(pairs))], ", ") + more}
}

// unmatched returns the names that the others lack, sorted.
func unmatched(names, others map[string]string) (out []parsedName) {
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if others[name] == "" {
			out = append(out, parseName(name))
		}
	}
	return out
}

// alikeIn returns those of names that are alike a wanted one.
func alikeIn(names []parsedName, wanted parsedName) (out []parsedName) {
	for _, n := range names {
		if n.alike(wanted) {
			out = append(out, n)
		}
	}
	return out
}

// hint returns a remark for the reason why the case name has no counterpart: that another name is alike. It is "" if there is
// none.
func hint(name string, others map[string]string) string {
	wanted := parseName(name)
	for _, other := range slices.Sorted(maps.Keys(others)) {
		if parseName(other).alike(wanted) {
			return fmt.Sprintf(" (is %s meant? Several names are alike)", filepath.Base(others[other]))
		}
	}
	return ""
}
