package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
)

//go:embed cohort.html
var cohortPage string

// Cohort is a set of segmented volumes, for review on one page.
type Cohort struct {
	Title string
	Cases []CohortCase
}

// CohortCase is a volume of a cohort.
type CohortCase struct {
	Name    string
	State   CaseState
	Error   string // why it failed
	Output  string // path of the label map, relative to the page
	Montage string // path of the picture, relative to the page; empty: none
	Labels  []int
	Slices  int     // number of computed slices
	Seconds float64 // computing time
	Doubts  []CohortDoubt
}

// CaseState is the state of a case.
type CaseState string

// The states.
const (
	CaseDone   CaseState = "done"
	CaseFailed CaseState = "failed"
	CaseLeft   CaseState = "not done yet"
)

// CohortDoubt is a doubtful slice.
type CohortDoubt struct {
	Label, Slice int
	Weight       float64 // 0 to 1
	Reasons      []string
}

// String returns the slice and the reasons.
func (d CohortDoubt) String() string {
	return fmt.Sprintf("slice %d, label %d: %s", d.Slice, d.Label, strings.Join(d.Reasons, "; "))
}

// Doubt returns the weight of the most doubtful slice; 0 if there is none.
func (c CohortCase) Doubt() float64 {
	worst := 0.0
	for _, d := range c.Doubts {
		worst = max(worst, d.Weight)
	}
	return worst
}

// shownReasons is the number of doubtful slices that the page lists per case.
const shownReasons = 3

// First returns the doubtful slices that the page lists, the most doubtful first.
func (c CohortCase) First() []CohortDoubt {
	ordered := slices.SortedStableFunc(slices.Values(c.Doubts), func(a, b CohortDoubt) int { return cmp.Compare(b.Weight, a.Weight) })
	return ordered[:min(len(ordered), shownReasons)]
}

// More returns the number of doubtful slices that the page does not list.
func (c CohortCase) More() int { return max(len(c.Doubts)-shownReasons, 0) }

// Count returns the number of cases in a state.
func (c Cohort) Count(s CaseState) int {
	n := 0
	for _, one := range c.Cases {
		if one.State == s {
			n++
		}
	}
	return n
}

// Ordered returns the cases in the order of the page: failed ones first, then the most doubtful ones (by their worst slice,
// then by the number of doubtful slices), and those that are not done yet last.
func (c Cohort) Ordered() []CohortCase {
	rank := map[CaseState]int{CaseFailed: 0, CaseDone: 1, CaseLeft: 2}
	return slices.SortedStableFunc(slices.Values(c.Cases), func(a, b CohortCase) int {
		return cmp.Or(cmp.Compare(rank[a.State], rank[b.State]), cmp.Compare(b.Doubt(), a.Doubt()), cmp.Compare(len(b.Doubts), len(a.Doubts)))
	})
}

// WriteHTML writes the page. It only refers to the label maps and pictures, by their relative paths.
func (c Cohort) WriteHTML(w io.Writer) error {
	page, err := template.New("cohort").Parse(cohortPage)
	if err != nil {
		panic(fmt.Sprintf("report.Cohort: the page's template: %v", err))
	}
	return page.Execute(w, c)
}
