package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCohortShowsTheWorstFirst checks the order of cases and doubts, and that the page is complete, escaped, and
// needs nothing from the network.
func TestCohortShowsTheWorstFirst(t *testing.T) {
	doubt := func(weight float64) CohortDoubt {
		return CohortDoubt{Label: 2, Slice: 7, Weight: weight, Reasons: []string{"area jumps", "unsure"}}
	}
	c := Cohort{Title: "liver", Cases: []CohortCase{
		{Name: "left", State: CaseLeft},
		{Name: "sure", State: CaseDone, Output: "sure.nii.gz", Montage: "montages/sure.png", Slices: 20, Seconds: 3},
		{Name: "one", State: CaseDone, Doubts: []CohortDoubt{doubt(0.5)}},
		{Name: "many", State: CaseDone, Doubts: []CohortDoubt{doubt(0.1), doubt(0.5), doubt(0.2), doubt(0.3)}},
		{Name: "worst", State: CaseDone, Doubts: []CohortDoubt{doubt(0.9)}},
		{Name: "<b>broken</b>", State: CaseFailed, Error: `no "file"`},
	}}
	var order []string
	for _, one := range c.Ordered() {
		order = append(order, one.Name)
	}
	require.Equal(t, []string{"<b>broken</b>", "worst", "many", "one", "sure", "left"}, order)
	require.Equal(t, 0.5, c.Cases[3].First()[0].Weight)
	require.Equal(t, 1, c.Cases[3].More())

	var b strings.Builder
	require.NoError(t, c.WriteHTML(&b))
	page := b.String()
	for _, want := range []string{"6 cases: 4 done, 1 failed, 1 not done yet", "&lt;b&gt;broken", "no &#34;file&#34;", `<a href="sure.nii.gz">sure</a>`,
		`src="montages/sure.png"`, "20 slices in 3.0 s, none doubtful", "slice 7, label 2: area jumps; unsure", "and 1 more</li>"} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "http", "the page loads nothing")
}
