package eval

import (
	"cmp"
	"slices"
)

// finish completes the result when all cases have been scored: it drops labels that no truth holds, adds rows that other
// methods need, sorts the rows and computes the statistics.
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

// dropForeign excludes labels that no truth holds, because nothing can be said about them.
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

// addAbsent makes methods comparable on labels that are absent from the truth of a case. If one method predicts such a label
// (DSC 0), each other method that was scored on the case and does not predict it gets a row for two empty masks (DSC 1).
func (e *evaluation) addAbsent() {
	have := map[caseLabel]map[string]bool{} // methods with a row
	predicted := map[caseLabel]Row{}        // a row of a method that predicts what the truth lacks
	for _, r := range e.result.Rows {
		k := caseLabel{r.Case, r.Label}
		if have[k] == nil {
			have[k] = map[string]bool{}
		}
		have[k][r.Method] = true
		if !slices.Contains(e.holders[r.Label], r.Case) {
			predicted[k] = r
		}
	}
	for k, r := range predicted {
		for _, m := range e.study.Methods {
			if e.scored[k.name][m.Name] && !have[k][m.Name] {
				e.result.Rows = append(e.result.Rows, r.bothEmpty(m.Name))
			}
		}
	}
}
