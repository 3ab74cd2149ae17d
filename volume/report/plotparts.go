package report

import (
	"image/color"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// wholeTicks puts at most a dozen labeled ticks on whole numbers, in steps of 1, 2 or 5 times a power of ten.
func wholeTicks(lo, hi float64) []plot.Tick {
	const most = 12
	step, scale := 1, 1
	for (hi-lo)/float64(step) > most {
		switch step / scale {
		case 1:
			step = 2 * scale
		case 2:
			step = 5 * scale
		default:
			scale *= 10
			step = scale
		}
	}
	var out []plot.Tick
	for v := int(math.Ceil(lo/float64(step))) * step; float64(v) <= hi; v += step {
		out = append(out, plot.Tick{Value: float64(v), Label: strconv.Itoa(v)})
	}
	return out
}

// addCurve adds a line with a dot at every point, if there are any.
func addCurve(p *plot.Plot, style draw.LineStyle, at plotter.XYs) error {
	if len(at) == 0 {
		return nil
	}
	l, points, err := plotter.NewLinePoints(at)
	if err != nil {
		return err
	}
	l.LineStyle = style
	points.GlyphStyle = draw.GlyphStyle{Color: style.Color, Radius: vg.Points(1.8), Shape: draw.CircleGlyph{}}
	p.Add(l, points)
	return nil
}

// addBox adds a filled rectangle.
func addBox(p *plot.Plot, c color.Color, x0, y0, x1, y1 float64) error {
	box, err := plotter.NewPolygon(plotter.XYs{{X: x0, Y: y0}, {X: x1, Y: y0}, {X: x1, Y: y1}, {X: x0, Y: y1}})
	if err != nil {
		return err
	}
	box.Color, box.LineStyle.Width = c, 0
	p.Add(box)
	return nil
}

// addMarks adds marks of one kind, if there are any.
func addMarks(p *plot.Plot, at plotter.XYs, style draw.GlyphStyle) error {
	if len(at) == 0 {
		return nil
	}
	marks, err := plotter.NewScatter(at)
	if err != nil {
		return err
	}
	marks.GlyphStyle = style
	p.Add(marks)
	return nil
}

// diamond is a filled square that stands on a corner.
type diamond struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (diamond) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetColor(s.Color)
	var p vg.Path
	p.Move(vg.Point{X: at.X, Y: at.Y + s.Radius})
	p.Line(vg.Point{X: at.X + s.Radius, Y: at.Y})
	p.Line(vg.Point{X: at.X, Y: at.Y - s.Radius})
	p.Line(vg.Point{X: at.X - s.Radius, Y: at.Y})
	p.Close()
	c.Fill(p)
}

// pointer is a filled triangle whose lower tip is at the point.
type pointer struct{}

// DrawGlyph implements draw.GlyphDrawer.
func (pointer) DrawGlyph(c *draw.Canvas, s draw.GlyphStyle, at vg.Point) {
	c.SetColor(s.Color)
	var p vg.Path
	p.Move(at)
	p.Line(vg.Point{X: at.X + s.Radius, Y: at.Y + 1.5*s.Radius})
	p.Line(vg.Point{X: at.X - s.Radius, Y: at.Y + 1.5*s.Radius})
	p.Close()
	c.Fill(p)
}
