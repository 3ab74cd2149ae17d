package ablate

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Files that RunTasks writes beside the tasks' folders.
const (
	tasksPage  = "tasks.md"
	tasksTable = "tasks.csv"
)

// write writes the page and the CSV file.
func (t *Table) write(dir string) error {
	t.Files = nil
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{tasksPage, t.writeMarkdown}, {tasksTable, t.writeCSV}} {
		path := filepath.Join(dir, f.name)
		if err := wholefile.Write(path, f.write); err != nil {
			return fmt.Errorf("ablate: write %s: %w", path, err)
		}
		t.Files = append(t.Files, path)
	}
	return nil
}

// training is the name of a row's protocol.
func (r TaskRow) training() string {
	if r.Task == AllTasks && r.Volumes > 1 {
		return "up to " + ProtocolName(r.Volumes)
	}
	return ProtocolName(r.Volumes)
}

// writeMarkdown writes two tables: whole-volume DSC, and slices with and without the object.
func (t *Table) writeMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Memory settings over several tasks\n\nBudget of each fine-tuning: %s. The annotated slices in the scores: %s. Means over test volumes, in which a volume's "+
		"value is the mean over its labels and seeds; differences are paired over volumes, with 95 %% bootstrap intervals.\n", t.budget, t.prompt)
	t.overlapTable(&b)
	t.sliceTable(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// overlapTable is the table of whole-volume DSC, with differences from the first setting.
func (t *Table) overlapTable(b *strings.Builder) {
	header := []string{"task", "training", "test volumes", "seeds"}
	for i, a := range t.Rows[0].Arms {
		header = append(header, a.Memory)
		if i > 0 {
			header = append(header, a.Memory+" - "+t.Rows[0].Arms[0].Memory)
		}
	}
	var rows [][]string
	for _, r := range t.Rows {
		line := []string{r.Task, r.training(), fmt.Sprint(r.Cases), fmt.Sprint(len(r.Seeds))}
		for _, a := range r.Arms {
			line = append(line, number(a.DSC.Mean, 3))
			if len(a.Differences) > 0 {
				line = append(line, interval(a.Differences[0].Difference, 3))
			}
		}
		rows = append(rows, line)
	}
	section(b, "DSC over whole volumes", "No fine-tuning is the start weights, and does not depend on the seed.", header, rows)
}

// sliceTable is the table of slices with and without the object.
func (t *Table) sliceTable(b *strings.Builder) {
	header := []string{"task", "training"}
	for _, what := range []string{"present", "missed", "absent", "run over"} {
		for i, a := range t.Rows[0].Arms {
			header = append(header, what+": "+a.Memory)
			if i > 0 && (what == "present" || what == "absent") {
				header = append(header, "difference")
			}
		}
	}
	var rows [][]string
	for _, r := range t.Rows {
		line := []string{r.Task, r.training()}
		overlaps := func(of func(Arm) eval.Interval, measure int) {
			for _, a := range r.Arms {
				line = append(line, number(of(a).Mean, 3))
				if len(a.Differences) > 0 {
					line = append(line, interval(a.Differences[measure].Difference, 3))
				}
			}
		}
		slices := func(of func(Arm) (n, total eval.Value)) {
			for _, a := range r.Arms {
				n, total := of(a)
				line = append(line, number(n, 0)+" of "+number(total, 0))
			}
		}
		overlaps(func(a Arm) eval.Interval { return a.PresentDSC }, 1)
		slices(func(a Arm) (n, total eval.Value) { return a.MissedSlices, a.PresentSlices })
		overlaps(func(a Arm) eval.Interval { return a.AbsentDSC }, 2)
		slices(func(a Arm) (n, total eval.Value) { return a.OverPropagatedSlices, a.AbsentSlices })
		rows = append(rows, line)
	}
	section(b, "Slices with the object and without it", "Mean slice-wise DSC. Without the object it is 1 if nothing is predicted, else 0: the slice is run over. "+
		"Numbers of slices are means over seeds.", header, rows)
}

// writeCSV writes one line per row and memory setting.
func (t *Table) writeCSV(w io.Writer) error {
	lines := [][]string{{"task", "volumes", "memory", "test_volumes", "seeds"}}
	for _, measure := range measuresOfTasks {
		for _, of := range []string{measure, measure + "_minus_first"} {
			lines[0] = append(lines[0], of, of+"_low", of+"_high")
		}
	}
	lines[0] = append(lines[0], "over_propagated_slices", "absent_slices", "missed_slices", "present_slices")
	for _, r := range t.Rows {
		for _, a := range r.Arms {
			line := []string{r.Task, fmt.Sprint(r.Volumes), a.Memory, fmt.Sprint(r.Cases), fmt.Sprint(len(r.Seeds))}
			for i, of := range []eval.Interval{a.DSC, a.PresentDSC, a.AbsentDSC} {
				line = append(line, cells(of)...)
				if len(a.Differences) > 0 {
					line = append(line, cells(a.Differences[i].Difference)...)
				} else {
					line = append(line, "", "", "")
				}
			}
			for _, n := range []eval.Value{a.OverPropagatedSlices, a.AbsentSlices, a.MissedSlices, a.PresentSlices} {
				line = append(line, number(n, 2))
			}
			lines = append(lines, line)
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// WriteText writes the table for a terminal: one line per row and memory setting.
func (t *Table) WriteText(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "%-20s %-15s %-7s %-22s %-24s %-8s %-8s %s\n", "task", "training", "memory", "DSC [95 %]", "minus the first [95 %]",
		"present", "absent", "run over"); err != nil {
		return err
	}
	for _, r := range t.Rows {
		for _, a := range r.Arms {
			minus := "-"
			if len(a.Differences) > 0 {
				minus = interval(a.Differences[0].Difference, 3)
			}
			if _, err := fmt.Fprintf(w, "%-20s %-15s %-7s %-22s %-24s %-8s %-8s %s/%s\n", r.Task, r.training(), a.Memory, interval(a.DSC, 3), minus,
				number(a.PresentDSC.Mean, 3), number(a.AbsentDSC.Mean, 3), number(a.OverPropagatedSlices, 0), number(a.AbsentSlices, 0)); err != nil {
				return err
			}
		}
	}
	return nil
}
