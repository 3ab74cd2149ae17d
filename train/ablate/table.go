package ablate

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/train"
)

// WriteText writes the counterpart of the paper's Table 2 for a terminal: one line per protocol and memory setting.
func (r *Result) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%-15s %-7s %6s  %-22s %-22s %-9s %-9s %s\n", "training", "memory", "steps", "DSC [95 %]", "ASSD mm [95 %]",
		"present", "absent", "over-propagated"); err != nil {
		return err
	}
	for _, row := range r.Rows {
		if _, err := fmt.Fprintf(w, "%-15s %-7s %6d  %-22s %-22s %-9s %-9s %d/%d\n", ProtocolName(row.Volumes), row.Memory, row.Run.Steps,
			interval(row.DSC, 3), interval(row.ASSDmm, 2), number(row.PresentDSC.Mean, 3), number(row.AbsentDSC.Mean, 3),
			row.OverPropagatedSlices, row.AbsentSlices); err != nil {
			return err
		}
	}
	return nil
}

// interval formats a mean with its interval as "0.812 [0.75, 0.86]", a mean without one, or an undefined value as a
// dash.
func interval(i eval.Interval, decimals int) string {
	if !i.Low.Defined() {
		return number(i.Mean, decimals)
	}
	return fmt.Sprintf("%s [%s, %s]", number(i.Mean, decimals), number(i.Low, decimals), number(i.High, decimals))
}

// number formats a value with so many decimals; a dash if it is undefined.
func number(v eval.Value, decimals int) string {
	if !v.Defined() {
		return "-"
	}
	text := strconv.FormatFloat(float64(v), 'f', decimals, 64)
	if strings.Trim(text, "-0.") == "" {
		return strings.TrimPrefix(text, "-") // no minus sign before a zero
	}
	return text
}

// memories lists the rows' memory settings in their order.
func (r *Result) memories() (names []string) {
	for _, row := range r.Rows {
		if !slices.Contains(names, row.Memory) {
			names = append(names, row.Memory)
		}
	}
	return names
}

// protocols lists the rows' numbers of training volumes in their order.
func (r *Result) protocols() (volumes []int) {
	for _, row := range r.Rows {
		if !slices.Contains(volumes, row.Volumes) {
			volumes = append(volumes, row.Volumes)
		}
	}
	return volumes
}

// row returns the row of a protocol and memory setting, which must exist.
func (r *Result) row(volumes int, memory string) *Row {
	i := slices.IndexFunc(r.Rows, func(row Row) bool { return row.Volumes == volumes && row.Memory == memory })
	return &r.Rows[i]
}

// writeMarkdown writes the page with all tables; the figures are beside it.
func (r *Result) writeMarkdown(w io.Writer) error {
	var b strings.Builder
	s := r.Settings
	fmt.Fprintf(&b, "# Memory settings compared\n\nStart weights: %s. Budget of each fine-tuning: %s, %d slices per clip, seed %d. Test volumes: %d, the same for every row. "+
		"One annotated slice per object, the central one; in the scores it is: %s. Means over test volumes with 95 %% bootstrap intervals.\n\nTraining volumes, in the order in which the protocols take them: %s.\n",
		s.startText(), s.budgetText(), s.Recipe.Frames, s.Recipe.Seed, len(s.Test), r.Scores[0].Settings.Prompt, strings.Join(s.Train, ", "))
	r.tableTwo(&b)
	r.figureTables(&b)
	r.differenceTable(&b)
	r.exclusionTable(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// budgetText describes the budget of each fine-tuning.
func (s Settings) budgetText() string {
	switch {
	case s.Recipe.Time != "":
		return s.Recipe.Time
	case s.Recipe.Epochs > 0:
		return fmt.Sprintf("%d epochs", s.Recipe.Epochs)
	}
	return fmt.Sprintf("%d steps", s.Recipe.Steps)
}

// startText lists the start weights.
func (s Settings) startText() string {
	var parts []string
	if s.Start.Path != "" {
		parts = append(parts, startName(s.Start))
	}
	for _, own := range s.Starts {
		parts = append(parts, own.Memory+" from "+startName(own.Start))
	}
	return strings.Join(parts, ", ")
}

// startName names start weights, with their hash if they have one.
func startName(s train.Start) string {
	if s.SHA256 == "" {
		return s.Path + " " + s.Model
	}
	return fmt.Sprintf("%s (SHA-256 %.12s)", s.Path, s.SHA256)
}

// tableTwo is the counterpart of the paper's Table 2: DSC and ASSD by memory setting and protocol.
func (r *Result) tableTwo(b *strings.Builder) {
	header := []string{"memory"}
	for _, v := range r.protocols() {
		header = append(header, ProtocolName(v)+": DSC", "ASSD mm")
	}
	var rows [][]string
	for _, m := range r.memories() {
		line := []string{m}
		for _, v := range r.protocols() {
			row := r.row(v, m)
			assd := interval(row.ASSDmm, 2)
			if row.Undefined > 0 {
				assd += fmt.Sprintf(" (%d undefined)", row.Undefined)
			}
			line = append(line, interval(row.DSC, 3), assd)
		}
		rows = append(rows, line)
	}
	section(b, "Table 2: DSC and ASSD by memory setting", "ASSD is undefined where a prediction is empty; such pairs of case and label are counted and are in no mean.", header, rows)
}

// differenceTable compares each setting with SAM 2's on the same test volumes.
func (r *Result) differenceTable(b *strings.Builder) {
	base := slmsam.Memory{Long: 7}.String()
	var rows [][]string
	for _, s := range r.Scores {
		for _, m := range r.memories() {
			for _, measure := range []string{"dsc", "assd_mm"} {
				if c, ok := s.difference(m, base, measure); ok {
					rows = append(rows, []string{ProtocolName(s.Volumes), m + " - " + base, measure, fmt.Sprint(c.Cases), interval(c.Difference, 3), number(c.PValue, 4)})
				}
			}
		}
	}
	if len(rows) > 0 {
		section(b, "Paired differences to M7 (SAM 2)", "Over test volumes; Wilcoxon signed-rank test, two-sided, not corrected for the number of comparisons.",
			[]string{"training", "difference", "measure", "cases", "mean [95 %]", "p"}, rows)
	}
}

// exclusionTable lists what could not be scored.
func (r *Result) exclusionTable(b *strings.Builder) {
	var rows [][]string
	for _, s := range r.Scores {
		for _, e := range s.Excluded {
			rows = append(rows, []string{ProtocolName(s.Volumes), e.String()})
		}
	}
	if len(rows) > 0 {
		section(b, "Not scored", "These are in no mean.", []string{"training", "what and why"}, rows)
	}
}

// section adds a heading, a paragraph, and a table.
func section(b *strings.Builder, title, text string, header []string, rows [][]string) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n\n", title, text)
	line := func(cells []string) { b.WriteString("| " + strings.Join(cells, " | ") + " |\n") }
	line(header)
	line(slices.Repeat([]string{"---"}, len(header)))
	for _, row := range rows {
		line(row)
	}
}

// writeTableCSV writes one line per protocol and memory setting.
func (r *Result) writeTableCSV(w io.Writer) error {
	lines := [][]string{{"volumes", "memory", "steps", "train_seconds", "cases", "undefined", "dsc", "dsc_low", "dsc_high",
		"assd_mm", "assd_mm_low", "assd_mm_high", "assd_voxels", "assd_voxels_low", "assd_voxels_high"}}
	for _, row := range r.Rows {
		line := []string{fmt.Sprint(row.Volumes), row.Memory, fmt.Sprint(row.Run.Steps), number(eval.Value(row.Run.TrainSeconds), 1), fmt.Sprint(row.Cases), fmt.Sprint(row.Undefined)}
		lines = append(lines, append(line, cells(row.DSC, row.ASSDmm, row.ASSDVoxels)...))
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// cells lists the mean, low, and high of each interval; empty if undefined.
func cells(intervals ...eval.Interval) (out []string) {
	for _, i := range intervals {
		for _, v := range []eval.Value{i.Mean, i.Low, i.High} {
			text := ""
			if v.Defined() {
				text = strconv.FormatFloat(float64(v), 'g', -1, 64)
			}
			out = append(out, text)
		}
	}
	return out
}
