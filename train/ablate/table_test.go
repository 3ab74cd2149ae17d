package ablate

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/stretchr/testify/require"
)

// TestNumbers checks how numbers and intervals are printed, including undefined ones.
func TestNumbers(t *testing.T) {
	nan := eval.Value(math.NaN())
	require.Equal(t, "0.000", number(-0.0001, 3))
	require.Equal(t, "-0.001", number(-0.0006, 3))
	require.Equal(t, "-", number(nan, 3))
	require.Equal(t, "0.50 [0.25, 0.75]", interval(eval.Interval{Mean: 0.5, Low: 0.25, High: 0.75}, 2))
	require.Equal(t, "0.50", interval(eval.Interval{Mean: 0.5, Low: nan, High: nan}, 2))
	require.Equal(t, []string{"0.5", "", ""}, cells(eval.Interval{Mean: 0.5, Low: nan, High: nan}))
}

// TestDifference checks that a comparison made in the opposite order changes sign and swaps its interval's ends.
func TestDifference(t *testing.T) {
	s := &Scores{Result: &eval.Result{Summary: []eval.Summary{{Label: eval.AllLabels}}, Comparisons: []eval.Comparison{
		{Label: 1, Measure: "dsc", First: "M7", Second: "R1", Difference: eval.Interval{Mean: 9}},
		{Label: eval.AllLabels, Measure: "dsc", First: "M7", Second: "M7+R1", Difference: eval.Interval{Mean: -0.2, Low: -0.3, High: 0.1}, PValue: 0.04},
	}}}
	c, ok := s.difference("M7+R1", "M7", "dsc")
	require.True(t, ok)
	require.Equal(t, eval.Comparison{Measure: "dsc", First: "M7+R1", Second: "M7", Difference: eval.Interval{Mean: 0.2, Low: -0.1, High: 0.3}, PValue: 0.04}, c)
	_, ok = s.difference("R1", "M7", "dsc")
	require.False(t, ok, "only the comparison over all labels counts")
	_, ok = s.difference("M7+R1", "M7", "assd_mm")
	require.False(t, ok)
}

// TestTableTwo checks that the table has a row per memory setting and two columns per protocol, and that cells say how many
// distances are undefined.
func TestTableTwo(t *testing.T) {
	row := func(volumes int, memory string, dsc eval.Value, undefined int) Row {
		one := eval.Interval{Mean: dsc, Low: dsc, High: dsc}
		return Row{Volumes: volumes, Memory: memory, Summary: eval.Summary{DSC: one, ASSDmm: one, Undefined: undefined}}
	}
	r := &Result{Rows: []Row{row(0, "M7", 0.1, 2), row(0, "M7+R1", 0.2, 0), row(5, "M7", 0.3, 0), row(5, "M7+R1", 0.4, 0)}}
	var b strings.Builder
	r.tableTwo(&b)
	require.Contains(t, b.String(), "| memory | no fine-tuning: DSC | ASSD mm | 5 volumes: DSC | ASSD mm |")
	require.Contains(t, b.String(), "| M7 | 0.100 [0.100, 0.100] | 0.10 [0.10, 0.10] (2 undefined) | 0.300 [0.300, 0.300] | 0.30 [0.30, 0.30] |")
	require.Contains(t, b.String(), "| M7+R1 | 0.200 [0.200, 0.200] | 0.20 [0.20, 0.20] | 0.400 [0.400, 0.400] | 0.40 [0.40, 0.40] |")
	var text bytes.Buffer
	require.NoError(t, r.WriteText(&text))
	require.Equal(t, 5, strings.Count(text.String(), "\n"))
}
