package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// rows plots each object in its own row: bars whose height is the square root of the object's area, relative to its largest; a
// thin line where it is absent; and marks where it is outlined or doubtful.
func (p presence) rows() (*plot.Plot, error) {
	q := p.newPlot("")
	q.Title.Text = p.Title + "     (red: doubtful; diamond: outlined; thin line: absent; height: width of the object)"
	q.Title.TextStyle.Font.Size = vg.Points(11)
	q.Title.Padding = vg.Points(6)
	n := len(p.Objects)
	ticks := make([]plot.Tick, n)
	for i, o := range p.Objects {
		at := float64(n - 1 - i)
		ticks[i] = plot.Tick{Value: at, Label: shorten(p.name(o))}
		if err := p.row(q, i, at); err != nil {
			return nil, err
		}
	}
	q.Y.Tick.Marker = plot.ConstantTicks(ticks)
	q.Y.Tick.Length = 0
	q.Y.LineStyle.Width = 0
	q.Y.Min, q.Y.Max = -0.6, float64(n)-0.4
	return q, nil
}

// row draws the i-th object in a row of height 1 around y.
func (p presence) row(q *plot.Plot, i int, y float64) error {
	const bottom, high = 0.42, 0.66 // of a row; the rest is room for marks
	largest := 1
	for _, sl := range p.Objects[i].Slices {
		largest = max(largest, sl.Area)
	}
	var outlined, doubtful plotter.XYs
	for _, sl := range p.Objects[i].Slices {
		x := float64(sl.Index)
		if sl.Outlined {
			outlined = append(outlined, plotter.XY{X: x, Y: y - bottom + high/2})
		}
		if sl.doubtful() {
			doubtful = append(doubtful, plotter.XY{X: x, Y: y - bottom + high + 0.06})
			if err := addBox(q, doubtShade, x-0.5, y-bottom, x+0.5, y-bottom+high); err != nil {
				return err
			}
		}
		c, height := color.Color(p.colors[i]), high*math.Sqrt(float64(sl.Area)/float64(largest))
		if sl.Area == 0 {
			c, height = absentLine, 0.05
		}
		if err := addBox(q, c, x-0.5, y-bottom, x+0.5, y-bottom+height); err != nil {
			return err
		}
	}
	if err := addMarks(q, outlined, draw.GlyphStyle{Color: color.Black, Radius: vg.Points(3.5), Shape: diamond{}}); err != nil {
		return err
	}
	return addMarks(q, doubtful, draw.GlyphStyle{Color: alarm, Radius: vg.Points(3.5), Shape: pointer{}})
}

// shorten shortens a name, so that it leaves enough room for the plot.
func shorten(name string) string {
	const most = 28
	if r := []rune(name); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return name
}
