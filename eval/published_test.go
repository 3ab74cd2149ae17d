package eval

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPublished checks that the paper's tables are complete, that every row without numbers says that they are missing, and a
// few of the numbers.
func TestPublished(t *testing.T) {
	rows, err := Published()
	require.NoError(t, err)
	settings := map[string]bool{}
	for _, p := range rows {
		require.Equal(t, p.Missing(), !p.DSC.Defined() && !p.ASSD.Defined(), p.Method)
		if p.Table == "table 2" {
			settings[p.Method] = true
		}
	}
	require.Len(t, settings, 6, "the five memory settings, and SAM 2 without fine-tuning")
	require.Len(t, rows, 2+10*8+6*8+8)
	require.Equal(t, PublishedRow{"table 1", "5 volumes", "MRI-Pancreas", "SLM-SAM 2", 0.6294, 8.4185, "arXiv 2505.01854, table 1"}, rows[2+9*8+1])
	require.Equal(t, []any{"abstract", "5 volumes", "SLM-SAM 2 - SAM 2", Value(0.14), "arXiv 2505.01854v1, abstract"},
		[]any{rows[0].Table, rows[0].Protocol, rows[0].Method, rows[0].DSC, rows[0].Source})
}

// TestReadPublishedRejects checks that a file with mistakes is refused with the number of the line.
func TestReadPublishedRejects(t *testing.T) {
	const header = "table\tprotocol\tdataset\tmethod\tdsc\tassd\tsource\n"
	for text, want := range map[string]string{
		"":                               "no rows",
		"a\tb\n":                         "line 1: the header",
		header + "t\tp\td\n":             "line 2: 3 columns",
		header + "t\tp\td\tm\tx\t\ts\n":  `"x" is not a number`,
		header + "t\tp\td\tm\tNaN\t\ts":  "not a number",
		header + "t\tp\td\tm\t0.5\t\t\n": "source must be given",
		header + "t\tp\td\tm\t\t\ts\n":   "give a value",
		"# c\n" + header + "t\tp\td\tm\t0.5\t\tmissing\n": "line 3: method m: give a value",
	} {
		_, err := ReadPublished(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
}

// TestWriteWithPublished puts one's own results next to the published ones. Methods are matched by their names.
func TestWriteWithPublished(t *testing.T) {
	d, study := standardStudy(t)
	study.Methods = []Method{{"sam2", filepath.Join(d.root, "bad")}, {"slm-sam2", filepath.Join(d.root, "good")}}
	r, err := Evaluate(t.Context(), study)
	require.NoError(t, err)
	published, err := ReadPublished(strings.NewReader("table\tprotocol\tdataset\tmethod\tdsc\tassd\tsource\n" +
		"abstract\t5 volumes\taverage\tSLM-SAM 2 - SAM 2\t0.14\t\tx\ntable 1\t5 volumes\taverage\tSAM 2\t\t\tmissing\ntable 1\t5 volumes\taverage\tCutie\t0.5\t2\tx\n"))
	require.NoError(t, err)
	var text, page bytes.Buffer
	require.NoError(t, r.WriteWithPublished(&text, published, false))
	lines := strings.Split(text.String(), "\n")
	require.Contains(t, lines[4], intervalText(Interval{-r.Comparisons[0].Difference.Mean, -r.Comparisons[0].Difference.High, -r.Comparisons[0].Difference.Low}, 4))
	require.Equal(t, "table 1, 5 volumes, DSC", lines[6])
	require.Contains(t, lines[10], intervalText(r.Summary[0].DSC, 4))
	require.Contains(t, lines[11], "–", "a method that this study does not have")
	require.Contains(t, text.String(), "1 of 3 published rows have no value")
	require.NoError(t, r.WriteWithPublished(&page, published, true))
	require.Contains(t, page.String(), "| --- | ---: | ---: |")

	paper, err := Published()
	require.NoError(t, err)
	var all bytes.Buffer
	require.NoError(t, r.WriteWithPublished(&all, paper, false))
	require.Regexp(t, `SLM-SAM 2 +0.9368 +0.6294 +0.7255 +0.9607 +0.7655 +0.9643 +0.8543 +0.8118 +0.8310 +`+regexp.QuoteMeta(intervalText(r.Summary[1].DSC, 4)), all.String())
}
