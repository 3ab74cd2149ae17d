package eval

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
)

// groupNames returns the names of labels, as they stand below grouped plots.
func (r *Result) groupNames(labels []int32) []string {
	names := make([]string, len(labels))
	for i, label := range labels {
		switch name := r.LabelNames[label]; {
		case label == AllLabels:
			names[i] = "all labels"
		case name != "":
			names[i] = name
		default:
			names[i] = fmt.Sprint("label ", label)
		}
	}
	return names
}

// barPlot draws one bar with its 95 % interval per label and method.
func (r *Result) barPlot(title, y string, width vg.Length, of func(*Summary) Interval) (*plot.Plot, error) {
	labels := summaryLabels(r.Rows)
	p := newPlot(title, "", y)
	p.Y.Min = 0
	for k := range r.Summary {
		s := &r.Summary[k]
		interval := of(s)
		if !interval.Mean.Defined() {
			continue
		}
		method := r.methodIndex(s.Method)
		x, w := slot(slices.Index(labels, s.Label), method, len(r.Settings.Methods))
		if err := addBar(p, x, 0.92*w, interval, palette(method)); err != nil {
			return nil, err
		}
	}
	groupTicks(p, r.groupNames(labels), width)
	return p, nil
}

// addBar adds a bar from 0 to the mean at x, with its interval if that is defined.
func addBar(p *plot.Plot, x, width float64, value Interval, fill color.Color) error {
	top := float64(value.Mean)
	bar, err := plotter.NewPolygon(plotter.XYs{{X: x - width/2}, {X: x - width/2, Y: top}, {X: x + width/2, Y: top}, {X: x + width/2}})
	if err != nil {
		return fmt.Errorf("eval: plot: %w", err)
	}
	bar.Color = fill
	bar.LineStyle.Width = 0
	p.Add(bar)
	if !value.Low.Defined() {
		return nil
	}
	low, high, tip := float64(value.Low), float64(value.High), width/5
	for _, ends := range []plotter.XYs{
		{{X: x, Y: low}, {X: x, Y: high}},
		{{X: x - tip, Y: low}, {X: x + tip, Y: low}},
		{{X: x - tip, Y: high}, {X: x + tip, Y: high}},
	} {
		line, err := plotter.NewLine(ends)
		if err != nil {
			return fmt.Errorf("eval: plot: %w", err)
		}
		line.Width = 1
		line.Color = color.Gray{0x33}
		p.Add(line)
	}
	return nil
}

// boxPlot draws one box per label and method over the values of the cases: quartiles, whiskers up to 1.5 interquartile
// ranges, and outliers as points.
func (r *Result) boxPlot(title, y string, width vg.Length, m measure) (*plot.Plot, error) {
	labels := summaryLabels(r.Rows)
	p := newPlot(title, "", y)
	p.Y.Min = 0
	methods := len(r.Settings.Methods)
	for i, label := range labels {
		for j, method := range r.Settings.Methods {
			byCase := perCase(r.Rows, label, method.Name, m, nil)
			if len(byCase) == 0 {
				continue
			}
			x, w := slot(i, j, methods)
			size := 0.75 * vg.Length(w) * (width - 2*vg.Centimeter) / vg.Length(len(labels))
			box, err := plotter.NewBoxPlot(min(size, vg.Centimeter), x, plotter.Values(valuesByName(byCase)))
			if err != nil {
				return nil, fmt.Errorf("eval: plot: %w", err)
			}
			box.FillColor = palette(j)
			box.MedianStyle.Color, box.MedianStyle.Width = color.Black, 2
			p.Add(box)
		}
	}
	groupTicks(p, r.groupNames(labels), width)
	return p, nil
}

// methodLegend adds a swatch per method.
func (r *Result) methodLegend(f *figure) *figure {
	for i, m := range r.Settings.Methods {
		f.legend.Add(m.Name, swatch{palette(i)})
	}
	return f
}

func (r *Result) methodIndex(name string) int {
	for i, m := range r.Settings.Methods {
		if m.Name == name {
			return i
		}
	}
	return 0
}

// groupedPlots lists the plots over all cases.
func (r *Result) groupedPlots() []plotFile {
	width := groupWidth(len(summaryLabels(r.Rows)), len(r.Settings.Methods))
	bars := func(name, title, y string, of func(*Summary) Interval) plotFile {
		return plotFile{name, func() (*figure, error) {
			p, err := r.barPlot(title, y, width, of)
			if err != nil {
				return nil, err
			}
			scaleY(p, y)
			return r.methodLegend(newFigure(width, p)), nil
		}}
	}
	boxes := func(name, title, y string, m measure) plotFile {
		return plotFile{name, func() (*figure, error) {
			p, err := r.boxPlot(title, y, width, m)
			if err != nil {
				return nil, err
			}
			scaleY(p, y)
			return r.methodLegend(newFigure(width, p)), nil
		}}
	}
	columns := measures()
	return []plotFile{
		bars("dsc_bars.png", "Mean DSC with 95 % interval", axisDSC, func(s *Summary) Interval { return s.DSC }),
		bars("assd_bars.png", "Mean ASSD with 95 % interval", axisASSD, func(s *Summary) Interval { return s.ASSDmm }),
		boxes("dsc_boxes.png", "DSC of each case", axisDSC, columns[0]),
		boxes("assd_boxes.png", "ASSD of each case", axisASSD, columns[1]),
		{"presence_bars.png", func() (*figure, error) { return r.presenceFigure(width) }},
	}
}

// presenceFigure draws two plots of the slice-wise DSC side by side: of slices with the target and of slices without it.
func (r *Result) presenceFigure(width vg.Length) (*figure, error) {
	present, err := r.barPlot("Slices with the target", "mean slice-wise DSC", width, func(s *Summary) Interval { return s.PresentDSC })
	if err != nil {
		return nil, err
	}
	absent, err := r.barPlot("Slices without the target", "mean slice-wise DSC", width, func(s *Summary) Interval { return s.AbsentDSC })
	if err != nil {
		return nil, err
	}
	scaleDSC(&present.Y, 0)
	scaleDSC(&absent.Y, 0)
	return r.methodLegend(newFigure(width, present, absent)), nil
}

// Titles of y axes.
const (
	axisDSC  = "DSC"
	axisASSD = "ASSD (mm)"
)

// scaleY gives plots of DSC their fixed range, and all others some room above the data.
func scaleY(p *plot.Plot, y string) {
	if y == axisDSC {
		scaleDSC(&p.Y, 0)
		return
	}
	p.Y.Max = max(1.05*p.Y.Max, 1e-3)
}
