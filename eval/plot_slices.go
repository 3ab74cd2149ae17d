package eval

import (
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// MaxCurves is the largest number of slice-wise plots that WritePlots writes. Those with the lowest DSC are chosen, because
// they show where a method fails.
const MaxCurves = 24

// curveMargin is the room above and below the curves of slicePlot, so that lines at 0 and 1 are drawn in full.
const curveMargin = 0.03

// WritePlots writes PNG files into dir, which must exist, and returns their paths: dsc_bars, assd_bars, dsc_boxes,
// assd_boxes, presence_bars, and slices/CASE_LABEL for up to MaxCurves cases and labels, worst first.
func (r *Result) WritePlots(dir string) ([]string, error) {
	written, err := savePlots(dir, r.groupedPlots())
	if err != nil {
		return written, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "slices"), 0o755); err != nil {
		return written, fmt.Errorf("eval: plots: %w", err)
	}
	var curves []plotFile
	for _, rows := range r.worstCurves() {
		name := fmt.Sprintf("%s_%d.png", fileName(rows[0].Case), rows[0].Label)
		curves = append(curves, plotFile{filepath.Join("slices", name), func() (*figure, error) { return r.slicePlot(rows) }})
	}
	more, err := savePlots(dir, curves)
	return append(written, more...), err
}

// fileName returns a case's name without the characters that a file name cannot have, such as those that would leave its
// folder.
func fileName(name string) string {
	return strings.Map(func(c rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, c) || c < ' ' {
			return '_'
		}
		return c
	}, name)
}

// worstCurves returns the rows grouped by case and label: at most MaxCurves groups, those with the lowest DSC of any method
// first.
func (r *Result) worstCurves() [][]Row {
	byKey := map[caseLabel][]Row{}
	for _, row := range r.Rows {
		key := caseLabel{row.Case, row.Label}
		byKey[key] = append(byKey[key], row)
	}
	var groups [][]Row
	for _, row := range r.Rows { // in the order of the rows, so that ties are stable
		key := caseLabel{row.Case, row.Label}
		if g, ok := byKey[key]; ok {
			groups = append(groups, g)
			delete(byKey, key)
		}
	}
	lowest := func(rows []Row) (low float64) {
		low = 1
		for _, row := range rows {
			low = min(low, float64(row.DSC))
		}
		return low
	}
	slices.SortStableFunc(groups, func(a, b []Row) int {
		switch x, y := lowest(a), lowest(b); {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	})
	return groups[:min(len(groups), MaxCurves)]
}

// slicePlot draws the slice-wise DSC of every method for one case and label; slices with the target are shaded.
func (r *Result) slicePlot(rows []Row) (*figure, error) {
	first := rows[0]
	name := first.LabelName
	if name == "" {
		name = fmt.Sprint("label ", first.Label)
	}
	p := newPlot(fmt.Sprintf("%s, %s", first.Case, name), fmt.Sprintf("slice along axis %d", first.Slices.Axis), axisDSC)
	shade := color.Gray{0xE4}
	if err := addShade(p, first.Slices.Truth, shade); err != nil {
		return nil, err
	}
	f := newFigure(max(16*vg.Centimeter, p.Title.TextStyle.Width(p.Title.Text)+3*vg.Centimeter), p)
	for i := range rows {
		if err := r.addCurve(f, &rows[i]); err != nil {
			return nil, err
		}
	}
	f.legend.Add("target present", swatch{shade})
	p.X.Min, p.X.Max = -0.5, float64(len(first.Slices.Truth))-0.5
	p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	scaleDSC(&p.Y, curveMargin)
	return f, nil
}

// addShade shades each run of slices in which the truth holds the label.
func addShade(p *plot.Plot, truth []int, shade color.Color) error {
	for from := 0; from < len(truth); from++ {
		if truth[from] == 0 {
			continue
		}
		to := from
		for to < len(truth) && truth[to] > 0 {
			to++
		}
		l, r := float64(from)-0.5, float64(to)-0.5
		area, err := plotter.NewPolygon(plotter.XYs{{X: l, Y: -curveMargin}, {X: l, Y: 1 + curveMargin}, {X: r, Y: 1 + curveMargin}, {X: r, Y: -curveMargin}})
		if err != nil {
			return fmt.Errorf("eval: plot: %w", err)
		}
		area.Color = shade
		area.LineStyle.Width = 0
		p.Add(area)
		from = to
	}
	return nil
}

// addCurve adds the curve of one method, with one line for each run of scored slices, and its legend entry.
func (r *Result) addCurve(f *figure, row *Row) error {
	method := r.methodIndex(row.Method)
	var runs []plotter.XYs
	broken := true
	for i, d := range row.Slices.DSC {
		if !d.Defined() {
			broken = true
			continue
		}
		if broken {
			runs, broken = append(runs, nil), false
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], plotter.XY{X: float64(i), Y: float64(d)})
	}
	for i, run := range runs {
		line, points, err := plotter.NewLinePoints(run)
		if err != nil {
			return fmt.Errorf("eval: plot: %w", err)
		}
		line.Color, line.Width, line.Dashes = palette(method), 1.8, dashes(method)
		points.Color, points.Radius, points.Shape = palette(method), 1.6, draw.CircleGlyph{}
		f.plots[0].Add(line, points)
		if i == 0 {
			f.legend.Add(row.Method, line)
		}
	}
	return nil
}
