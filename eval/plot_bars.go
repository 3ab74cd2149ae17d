package eval

import "fmt"

// Bars is one panel of WriteBars.
type Bars struct {
	Title, Y string
	Unit     bool         // the values lie in 0..1, and the axis shows that whole range
	Values   [][]Interval // by group and series; an undefined mean leaves a gap
}

// WriteBars draws panels side by side into a PNG file. Each has the groups along its x axis and, in each group, one bar with
// its interval per series. All panels have the same groups and series.
func WriteBars(path string, groups, series []string, panels ...Bars) error {
	width := groupWidth(len(groups), len(series))
	f := newFigure(width)
	for _, panel := range panels {
		if len(panel.Values) != len(groups) {
			return fmt.Errorf("eval: bars %q: %d groups of values for %d names", panel.Title, len(panel.Values), len(groups))
		}
		p := newPlot(panel.Title, "", panel.Y)
		p.Y.Min = 0
		for i, values := range panel.Values {
			if len(values) != len(series) {
				return fmt.Errorf("eval: bars %q: %d values for %d series", panel.Title, len(values), len(series))
			}
			for j, value := range values {
				if !value.Mean.Defined() {
					continue
				}
				x, w := slot(i, j, len(series))
				if err := addBar(p, x, 0.92*w, value, palette(j)); err != nil {
					return err
				}
			}
		}
		groupTicks(p, groups, width)
		if panel.Unit {
			scaleDSC(&p.Y, 0)
		} else {
			scaleY(p, panel.Y)
		}
		f.plots = append(f.plots, p)
	}
	for j, name := range series {
		f.legend.Add(name, swatch{palette(j)})
	}
	return f.save(path)
}
