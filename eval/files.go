package eval

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// WriteJSON writes the whole result, indented. Undefined values are null.
func (r *Result) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	return enc.Encode(r.nonNil())
}

// nonNil makes empty lists [] rather than null in JSON.
func (r *Result) nonNil() *Result {
	out := *r
	out.Rows = append([]Row{}, r.Rows...)
	out.Summary = append([]Summary{}, r.Summary...)
	out.Comparisons = append([]Comparison{}, r.Comparisons...)
	out.Excluded = append([]Exclusion{}, r.Excluded...)
	out.Ignored = append([]string{}, r.Ignored...)
	out.Notes = append([]string{}, r.Notes...)
	return &out
}

// WriteCSV writes one line per row, without the slice curves. Undefined values are empty cells.
func (r *Result) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	header := []string{"case", "label", "label_name", "method"}
	columns := measures()
	for _, m := range columns {
		header = append(header, m.name)
	}
	header = append(header, "present_slices", "absent_slices", "over_propagated_slices", "missed_slices")
	lines := [][]string{header}
	for i := range r.Rows {
		row := &r.Rows[i]
		line := []string{row.Case, strconv.Itoa(int(row.Label)), row.LabelName, row.Method}
		for _, m := range columns {
			line = append(line, m.of(row).csv())
		}
		for _, n := range []int{row.PresentSlices, row.AbsentSlices, row.OverPropagatedSlices, row.MissedSlices} {
			line = append(line, strconv.Itoa(n))
		}
		lines = append(lines, line)
	}
	return c.WriteAll(lines)
}

// WriteSummaryCSV writes one line per label and method: counts, then mean, low and high of each measure.
func (r *Result) WriteSummaryCSV(w io.Writer) error {
	lines := [][]string{{"label", "label_name", "method", "cases", "missing", "undefined"}}
	for _, name := range []string{"dsc", "assd_mm", "assd_voxels", "hd95_mm", "surface_dice", "present_dsc", "absent_dsc"} {
		lines[0] = append(lines[0], name, name+"_low", name+"_high")
	}
	lines[0] = append(lines[0], "over_propagated_slices", "absent_slices", "missed_slices", "present_slices")
	for _, s := range r.Summary {
		line := []string{strconv.Itoa(int(s.Label)), s.LabelName, s.Method}
		for _, n := range []int{s.Cases, s.Missing, s.Undefined} {
			line = append(line, strconv.Itoa(n))
		}
		for _, i := range []Interval{s.DSC, s.ASSDmm, s.ASSDVoxels, s.HD95mm, s.SurfaceDice, s.PresentDSC, s.AbsentDSC} {
			line = append(line, i.Mean.csv(), i.Low.csv(), i.High.csv())
		}
		for _, n := range []int{s.OverPropagatedSlices, s.AbsentSlices, s.MissedSlices, s.PresentSlices} {
			line = append(line, strconv.Itoa(n))
		}
		lines = append(lines, line)
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// tableFile is a file of a report with numbers.
type tableFile struct {
	name  string
	write func(io.Writer) error
}

func (r *Result) tableFiles() []tableFile {
	return []tableFile{{"results.json", r.WriteJSON}, {"rows.csv", r.WriteCSV}, {"summary.csv", r.WriteSummaryCSV}, {"report.md", r.WriteMarkdown}}
}

// ReportFiles returns the names of the files that WriteReport writes for every result: the tables and the plots over all
// cases. The plots of single cases, in the folder slices, are not among them.
func ReportFiles() (names []string) {
	r := &Result{}
	for _, f := range r.tableFiles() {
		names = append(names, f.name)
	}
	for _, f := range r.groupedPlots() {
		names = append(names, f.name)
	}
	return names
}

// WriteReport writes results.json, rows.csv, summary.csv, report.md and the plots into dir, which it makes if needed. It
// returns the paths written. Each file appears complete or not at all.
func (r *Result) WriteReport(dir string) ([]string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("eval: report: %w", err)
	}
	var written []string
	for _, f := range r.tableFiles() {
		path := filepath.Join(dir, f.name)
		if err := writeFile(path, f.write); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	plots, err := r.WritePlots(dir)
	return append(written, plots...), err
}

// writeFile makes or replaces a file; no half-written file is ever seen.
func writeFile(path string, write func(io.Writer) error) error {
	if err := wholefile.Write(path, write); err != nil {
		return fmt.Errorf("eval: write %s: %w", path, err)
	}
	return nil
}
