package ablate

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/eval"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Files that Run writes to the ablation's folder.
const (
	pageFile       = "ablation.md"
	tableFile      = "table2.csv"
	figure5CSV     = "figure5.csv"
	figure5Picture = "figure5.png"
	figure8CSV     = "figure8.csv"
	figure8Picture = "figure8.png"
	scoreDir       = "scores"
)

// write writes the tables, the figures, and package eval's reports, and lists the files.
func (r *Result) write(dir string) ([]string, error) {
	var written []string
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{pageFile, r.writeMarkdown}, {tableFile, r.writeTableCSV}, {figure5CSV, r.writeFigure5CSV}, {figure8CSV, r.writeFigure8CSV}} {
		path := filepath.Join(dir, f.name)
		if err := wholefile.Write(path, f.write); err != nil {
			return written, fmt.Errorf("ablate: write %s: %w", path, err)
		}
		written = append(written, path)
	}
	for name, draw := range map[string]func(string) error{figure5Picture: r.drawFigure5, figure8Picture: r.drawFigure8} {
		if err := draw(filepath.Join(dir, name)); err != nil {
			return written, err
		}
	}
	written = append(written, filepath.Join(dir, figure5Picture), filepath.Join(dir, figure8Picture))
	for _, s := range r.Scores {
		more, err := s.WriteReport(filepath.Join(dir, scoreDir, folder(s.Volumes)))
		written = append(written, more...)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// drawFigure5 plots the slice-wise DSC with the target present and absent: one group per protocol, one bar per memory
// setting.
func (r *Result) drawFigure5(path string) error {
	var groups []string
	present := eval.Bars{Title: "Slices with the target", Y: "mean slice-wise DSC", Unit: true}
	absent := eval.Bars{Title: "Slices without the target", Y: "mean slice-wise DSC", Unit: true}
	for _, v := range r.protocols() {
		groups = append(groups, ProtocolName(v))
		var p, q []eval.Interval
		for _, m := range r.memories() {
			row := r.row(v, m)
			p, q = append(p, row.PresentDSC), append(q, row.AbsentDSC)
		}
		present.Values, absent.Values = append(present.Values, p), append(absent.Values, q)
	}
	return eval.WriteBars(path, groups, r.memories(), present, absent)
}

// drawFigure8 plots DSC and ASSD by the number of training volumes: one group per memory setting, one bar per
// protocol.
func (r *Result) drawFigure8(path string) error {
	var series []string
	volumes := slices.Sorted(slices.Values(r.protocols()))
	for _, v := range volumes {
		series = append(series, ProtocolName(v))
	}
	dsc := eval.Bars{Title: "DSC by training volumes", Y: "DSC", Unit: true}
	assd := eval.Bars{Title: "ASSD by training volumes", Y: "ASSD (mm)"}
	for _, m := range r.memories() {
		var p, q []eval.Interval
		for _, v := range volumes {
			row := r.row(v, m)
			p, q = append(p, row.DSC), append(q, row.ASSDmm)
		}
		dsc.Values, assd.Values = append(dsc.Values, p), append(assd.Values, q)
	}
	return eval.WriteBars(path, r.memories(), series, dsc, assd)
}

// figureTables adds the figures and their numbers to the page.
func (r *Result) figureTables(b *strings.Builder) {
	var rows [][]string
	for _, row := range r.Rows {
		rows = append(rows, []string{ProtocolName(row.Volumes), row.Memory, interval(row.PresentDSC, 3), interval(row.AbsentDSC, 3),
			fmt.Sprintf("%d of %d", row.OverPropagatedSlices, row.AbsentSlices), fmt.Sprintf("%d of %d", row.MissedSlices, row.PresentSlices)})
	}
	section(b, "Fig. 5: slice-wise DSC with the target present and absent",
		"![Slice-wise DSC]("+figure5Picture+")\n\nIn a slice without the target the DSC is 1 if nothing is predicted, else 0: the slice is over-propagated.",
		[]string{"training", "memory", "DSC present", "DSC absent", "over-propagated slices", "missed slices"}, rows)
	fmt.Fprintf(b, "\n## Fig. 8: DSC and ASSD by the number of training volumes\n\n![DSC and ASSD](%s)\n\nThe numbers are those of Table 2, and in %s. Slice by slice along each volume: %s/.\n",
		figure8Picture, figure8CSV, scoreDir)
}

// writeFigure5CSV writes the numbers in figure 5.
func (r *Result) writeFigure5CSV(w io.Writer) error {
	lines := [][]string{{"volumes", "memory", "present_dsc", "present_dsc_low", "present_dsc_high", "absent_dsc", "absent_dsc_low",
		"absent_dsc_high", "over_propagated_slices", "absent_slices", "missed_slices", "present_slices"}}
	for _, row := range r.Rows {
		line := append([]string{fmt.Sprint(row.Volumes), row.Memory}, cells(row.PresentDSC, row.AbsentDSC)...)
		for _, n := range []int{row.OverPropagatedSlices, row.AbsentSlices, row.MissedSlices, row.PresentSlices} {
			line = append(line, fmt.Sprint(n))
		}
		lines = append(lines, line)
	}
	return csv.NewWriter(w).WriteAll(lines)
}

// writeFigure8CSV writes the numbers in figure 8: one line per memory setting and number of training volumes.
func (r *Result) writeFigure8CSV(w io.Writer) error {
	lines := [][]string{{"memory", "volumes", "dsc", "dsc_low", "dsc_high", "assd_mm", "assd_mm_low", "assd_mm_high"}}
	for _, m := range r.memories() {
		for _, v := range r.protocols() {
			row := r.row(v, m)
			lines = append(lines, append([]string{m, fmt.Sprint(v)}, cells(row.DSC, row.ASSDmm)...))
		}
	}
	return csv.NewWriter(w).WriteAll(lines)
}
