package eval

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// grid is a table of text.
type grid struct {
	header []string
	rows   [][]string // each with as many cells as the header
	words  int        // number of columns with words, left-aligned; those after them hold numbers, right-aligned
}

// text writes the grid with aligned columns for a terminal.
func (g grid) text(w io.Writer) error {
	width := make([]int, len(g.header))
	for _, row := range append([][]string{g.header}, g.rows...) {
		for i, cell := range row {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	line := func(row []string) {
		var l strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cell))
			if i > 0 {
				l.WriteString("  ")
			}
			if i >= g.words {
				l.WriteString(pad + cell)
			} else {
				l.WriteString(cell + pad)
			}
		}
		b.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
	line(g.header)
	rule := make([]string, len(width))
	for i, n := range width {
		rule[i] = strings.Repeat("-", n)
	}
	line(rule)
	for _, row := range g.rows {
		line(row)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdown writes the grid as a GitHub table.
func (g grid) markdown(w io.Writer) error {
	var b strings.Builder
	line := func(row []string) {
		for _, cell := range row {
			b.WriteString("| " + strings.NewReplacer("|", `\|`, "\n", " ").Replace(cell) + " ")
		}
		b.WriteString("|\n")
	}
	line(g.header)
	for i := range g.header {
		if i >= g.words {
			b.WriteString("| ---: ")
		} else {
			b.WriteString("| --- ")
		}
	}
	b.WriteString("|\n")
	for _, row := range g.rows {
		line(row)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// labelText returns a label's number and its name, if it has one. AllLabels has a name only.
func labelText(label int32, name string) string {
	if label == AllLabels {
		return name
	}
	if name == "" {
		return strconv.Itoa(int(label))
	}
	return fmt.Sprintf("%d %s", label, name)
}

// intervalText formats an interval as "mean [low, high]", or as the mean alone if there is no interval.
func intervalText(i Interval, decimals int) string {
	if !i.Low.Defined() {
		return i.Mean.fixed(decimals)
	}
	return fmt.Sprintf("%s [%s, %s]", i.Mean.fixed(decimals), i.Low.fixed(decimals), i.High.fixed(decimals))
}

// rowGrid is the table of all rows.
func rowGrid(rows []Row) grid {
	g := grid{header: []string{"case", "label", "method"}, words: 3}
	columns := measures()
	for _, m := range columns {
		g.header = append(g.header, m.title)
	}
	g.header = append(g.header, "over-prop.", "missed")
	for i := range rows {
		r := &rows[i]
		cells := []string{r.Case, labelText(r.Label, r.LabelName), r.Method}
		for _, m := range columns {
			cells = append(cells, m.of(r).fixed(m.decimals))
		}
		cells = append(cells, fmt.Sprintf("%d/%d", r.OverPropagatedSlices, r.AbsentSlices), fmt.Sprintf("%d/%d", r.MissedSlices, r.PresentSlices))
		g.rows = append(g.rows, cells)
	}
	return g
}

// briefGrid is the summary in the width of a terminal, with intervals for DSC and ASSD only.
func briefGrid(summaries []Summary) grid {
	g := grid{words: 2, header: []string{"label", "method", "cases", "missing", "undef.", "DSC", "ASSD mm", "HD95 mm",
		"present", "absent", "over-prop.", "missed"}}
	for _, s := range summaries {
		g.rows = append(g.rows, []string{
			labelText(s.Label, s.LabelName), s.Method, strconv.Itoa(s.Cases), strconv.Itoa(s.Missing), strconv.Itoa(s.Undefined),
			intervalText(s.DSC, 4), intervalText(s.ASSDmm, 2), s.HD95mm.Mean.fixed(2), s.PresentDSC.Mean.fixed(3), s.AbsentDSC.Mean.fixed(3),
			fmt.Sprintf("%d/%d", s.OverPropagatedSlices, s.AbsentSlices), fmt.Sprintf("%d/%d", s.MissedSlices, s.PresentSlices),
		})
	}
	return g
}

// summaryGrid is the complete summary.
func summaryGrid(summaries []Summary) grid {
	g := grid{words: 2, header: []string{"label", "method", "cases", "missing", "undefined", "DSC", "ASSD mm", "ASSD vox", "HD95 mm",
		"Surf. Dice", "DSC present", "DSC absent", "over-prop.", "missed"}}
	for _, s := range summaries {
		g.rows = append(g.rows, []string{
			labelText(s.Label, s.LabelName), s.Method, strconv.Itoa(s.Cases), strconv.Itoa(s.Missing), strconv.Itoa(s.Undefined),
			intervalText(s.DSC, 4), intervalText(s.ASSDmm, 3), intervalText(s.ASSDVoxels, 3), intervalText(s.HD95mm, 2),
			intervalText(s.SurfaceDice, 4), intervalText(s.PresentDSC, 4), intervalText(s.AbsentDSC, 4),
			fmt.Sprintf("%d/%d", s.OverPropagatedSlices, s.AbsentSlices), fmt.Sprintf("%d/%d", s.MissedSlices, s.PresentSlices),
		})
	}
	return g
}

// comparisonGrid is the table of paired differences.
func comparisonGrid(comparisons []Comparison) grid {
	g := grid{words: 3, header: []string{"label", "measure", "difference", "cases", "mean [95 %]", "Wilcoxon p"}}
	for _, c := range comparisons {
		g.rows = append(g.rows, []string{
			labelText(c.Label, c.LabelName), c.Measure, c.First + " - " + c.Second, strconv.Itoa(c.Cases),
			intervalText(c.Difference, 4), pText(c.PValue),
		})
	}
	return g
}

// pText formats a p-value, and never as zero.
func pText(p Value) string {
	if p < 1e-4 {
		return "<0.0001"
	}
	return p.fixed(4)
}

// WriteText writes the summary, the comparisons and the exclusions for a terminal; perCase adds the table of all rows.
func (r *Result) WriteText(w io.Writer, perCase bool) error {
	var b strings.Builder
	section := func(title string, g grid) {
		if len(g.rows) > 0 {
			b.WriteString(title + "\n\n")
			g.text(&b) // a strings.Builder never fails
			b.WriteString("\n")
		}
	}
	if perCase {
		section("Each case", rowGrid(r.Rows))
	}
	section(r.Settings.caption(), briefGrid(r.Summary))
	section("Paired differences", comparisonGrid(r.Comparisons))
	for i, e := range r.Excluded {
		if i == 0 {
			fmt.Fprintf(&b, "Not scored (%d)\n\n", len(r.Excluded))
		}
		fmt.Fprintf(&b, "  %s\n", e)
	}
	if len(r.Ignored) > 0 {
		fmt.Fprintf(&b, "\nFiles that are not label maps: %s\n", strings.Join(r.Ignored, ", "))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// WriteMarkdown writes the same as a Markdown page, with every row and the notes.
func (r *Result) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# Evaluation\n\n" + r.Settings.caption() + "\n")
	section := func(title string, g grid) {
		if len(g.rows) > 0 {
			b.WriteString("\n## " + title + "\n\n")
			g.markdown(&b) // a strings.Builder never fails
		}
	}
	section("Summary", summaryGrid(r.Summary))
	section("Paired differences", comparisonGrid(r.Comparisons))
	section("Not scored", exclusionGrid(r.Excluded))
	section("Each case", rowGrid(r.Rows))
	list := func(title string, lines []string) {
		if len(lines) > 0 {
			b.WriteString("\n## " + title + "\n\n- " + strings.Join(lines, "\n- ") + "\n")
		}
	}
	list("Notes", r.Notes)
	list("Files that are not label maps", r.Ignored)
	_, err := io.WriteString(w, b.String())
	return err
}

// exclusionGrid is the table of what was not scored.
func exclusionGrid(excluded []Exclusion) grid {
	g := grid{header: []string{"case", "label", "method", "reason"}, words: 4}
	for _, e := range excluded {
		label := ""
		if e.Label != 0 {
			label = strconv.Itoa(int(e.Label))
		}
		g.rows = append(g.rows, []string{e.Case, label, e.Method, e.Reason})
	}
	return g
}

// caption says in one line how the numbers were computed.
func (s Settings) caption() string {
	text := fmt.Sprintf("Mean with 95 %% bootstrap interval (%d resamples, seed %d); surface Dice at %g mm; slices along axis %s",
		s.Resamples, s.Seed, s.ToleranceMM, s.Axis)
	switch s.Prompt {
	case PromptReplace:
		text += "; prompted slices replaced with the ground truth"
	case PromptExclude:
		text += "; prompted slices left out"
	}
	if s.Scope == ScopeSpan {
		text += "; only slices within the label's span"
	}
	return text + "."
}
