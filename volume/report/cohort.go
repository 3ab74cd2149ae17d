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

// Cohort is many segmented volumes, to be looked through on one page.
type Cohort struct {
	Title string
	Cases []CohortCase
}

// CohortCase is one volume of a cohort.
type CohortCase struct {
	Name    string
	State   CaseState
	Error   string // of a failed one
	Output  string // label map, relative to the page
	Montage string // picture, relative to the page; empty: none
	Labels  []int
	Slices  int     // computed
	Seconds float64 // of computing
	Doubts  []CohortDoubt
}

// CaseState says how far a case is.
type CaseState string

// The states.
const (
	CaseDone   CaseState = "done"
	CaseFailed CaseState = "failed"
	CaseLeft   CaseState = "not done yet"
)

// CohortDoubt is a slice to look at.
type CohortDoubt struct {
	Label, Slice int
	Weight       float64 // 0 to 1
	Reasons      []string
}

// String says where and why.
func (d CohortDoubt) String() string {
	return fmt.Sprintf("slice %d, label %d: %s", d.Slice, d.Label, strings.Join(d.Reasons, "; "))
}

// Doubt is the weight of the most doubtful slice; 0 without one.
func (c CohortCase) Doubt() float64 {
	worst := 0.0
	for _, d := range c.Doubts {
		worst = max(worst, d.Weight)
	}
	return worst
}

// shownReasons is how many doubtful slices of a case the page names.
const shownReasons = 3

// First are the doubts that the page names, most doubtful first, and More counts the others.
func (c CohortCase) First() []CohortDoubt {
	ordered := slices.SortedStableFunc(slices.Values(c.Doubts), func(a, b CohortDoubt) int { return cmp.Compare(b.Weight, a.Weight) })
	return ordered[:min(len(ordered), shownReasons)]
}

// More is how many doubts the page does not name.
func (c CohortCase) More() int { return max(len(c.Doubts)-shownReasons, 0) }

// Count is how many cases are in a state.
func (c Cohort) Count(s CaseState) int {
	n := 0
	for _, one := range c.Cases {
		if one.State == s {
			n++
		}
	}
	return n
}

// Ordered lists failed cases first, then the most doubtful ones: those with the worst slice, of equal ones those with
// more doubtful slices. What is not done yet comes last.
func (c Cohort) Ordered() []CohortCase {
	rank := map[CaseState]int{CaseFailed: 0, CaseDone: 1, CaseLeft: 2}
	return slices.SortedStableFunc(slices.Values(c.Cases), func(a, b CohortCase) int {
		return cmp.Or(cmp.Compare(rank[a.State], rank[b.State]), cmp.Compare(b.Doubt(), a.Doubt()), cmp.Compare(len(b.Doubts), len(a.Doubts)))
	})
}

// WriteHTML writes the page. It refers to the pictures by their relative paths and to nothing else.
func (c Cohort) WriteHTML(w io.Writer) error {
	page, err := template.New("cohort").Parse(cohortPage)
	if err != nil {
		panic(fmt.Sprintf("report.Cohort: the page's template: %v", err))
	}
	return page.Execute(w, c)
}
