package report

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Sizes of the presence plot.
const (
	plotWidth  = 24 * vg.Centimeter
	panel      = 6 * vg.Centimeter
	rowHeight  = 0.55 * vg.Centimeter
	titleSpace = 1.1 * vg.Centimeter
	plotDPI    = 120
)

var (
	absentShade = color.RGBA{238, 238, 238, 255}
	absentBar   = color.RGBA{205, 205, 205, 255}
)

// Presence writes a PNG with three panels over the slices: which objects were found where, their scores
// (absent at 0 and below, shaded), and their areas.
func Presence(w io.Writer, s Study) error {
	if len(s.indices()) == 0 {
		return fmt.Errorf("report: no slices to show")
	}
	strip, err := s.strip()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	scores, err := s.scores()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	areas, err := s.areas()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	heights := []vg.Length{vg.Length(len(s.Objects))*rowHeight + 2*vg.Centimeter, panel, panel}
	total := vg.Length(0)
	for _, h := range heights {
		total += h
	}
	img := vgimg.NewWith(vgimg.UseWH(plotWidth, total), vgimg.UseDPI(plotDPI), vgimg.UseBackgroundColor(color.White))
	drawAligned(draw.New(img), []*plot.Plot{strip, scores, areas}, heights)
	_, err = vgimg.PngCanvas{Canvas: img}.WriteTo(w)
	return err
}

// drawAligned stacks plots so that their data areas have the same left and right edge.
func drawAligned(c draw.Canvas, plots []*plot.Plot, heights []vg.Length) {
	const margin = 0.3 * vg.Centimeter
	cells := make([]draw.Canvas, len(plots))
	var left, right vg.Length
	top := c.Max.Y
	for i, p := range plots {
		cells[i] = draw.Canvas{Canvas: c.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: c.Min.X + margin, Y: top - heights[i] + margin/2}, Max: vg.Point{X: c.Max.X - margin, Y: top - margin/2}}}
		top -= heights[i]
		data := p.DataCanvas(cells[i])
		left, right = max(left, data.Min.X-cells[i].Min.X), max(right, cells[i].Max.X-data.Max.X)
	}
	for i, p := range plots {
		data := p.DataCanvas(cells[i])
		p.Draw(draw.Crop(cells[i], left-(data.Min.X-cells[i].Min.X), (cells[i].Max.X-data.Max.X)-right, 0, 0))
	}
}

// newPlot is a plot over the slices.
func (s Study) newPlot(y string) *plot.Plot {
	p := plot.New()
	p.Y.Label.Text = y
	all := s.indices()
	p.X.Min, p.X.Max = float64(all[0])-0.5, float64(all[len(all)-1])+0.5
	p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	return p
}

// wholeTicks puts at most a dozen labelled ticks on whole numbers, in steps of 1, 2 or 5 times a power of ten.
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

// strip shows one row per object: colored where it was found, gray where nothing of it is.
func (s Study) strip() (*plot.Plot, error) {
	p := s.newPlot("")
	p.Title.Text = s.Title
	n := len(s.Objects)
	ticks := make([]plot.Tick, n)
	for i, o := range s.Objects {
		row := float64(n - 1 - i)
		ticks[i] = plot.Tick{Value: row, Label: "label " + strconv.Itoa(o.Label)}
		var prompts plotter.XYs
		for from := 0; from < len(o.Slices); {
			to := from + 1
			for to < len(o.Slices) && (o.Slices[to].Area > 0) == (o.Slices[from].Area > 0) && o.Slices[to].Index == o.Slices[to-1].Index+1 {
				to++
			}
			c, half := color.Color(Color(i)), 0.36
			if o.Slices[from].Area == 0 {
				c, half = absentBar, 0.12
			}
			if err := addBox(p, c, float64(o.Slices[from].Index)-0.5, row-half, float64(o.Slices[to-1].Index)+0.5, row+half); err != nil {
				return nil, err
			}
			from = to
		}
		for _, sl := range o.Slices {
			if sl.Outlined {
				prompts = append(prompts, plotter.XY{X: float64(sl.Index), Y: row})
			}
		}
		if err := addMarks(p, prompts); err != nil {
			return nil, err
		}
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Min, p.Y.Max = -0.6, float64(n)-0.4
	p.X.Label.Text = "slice   (bar: found; thin gray: nothing there; diamond: prompt)"
	return p, nil
}

// scores shows the object scores. Outlined slices are left out: there the user judged, not the model.
func (s Study) scores() (*plot.Plot, error) {
	p := s.newPlot("object score (logit)")
	lo, hi := -1.0, 1.0
	for _, o := range s.Objects {
		for _, sl := range o.Slices {
			if !sl.Outlined {
				lo, hi = min(lo, sl.Score), max(hi, sl.Score)
			}
		}
	}
	span := hi - lo
	p.Y.Min, p.Y.Max = lo-0.06*span, hi+0.06*span
	p.X.Label.Text = "slice   (shaded: absent)"
	if err := addBox(p, absentShade, p.X.Min, p.Y.Min, p.X.Max, 0); err != nil {
		return nil, err
	}
	for i, o := range s.Objects {
		var line plotter.XYs
		for _, sl := range append(slices.Clone(o.Slices), Slice{Outlined: true}) {
			if !sl.Outlined {
				line = append(line, plotter.XY{X: float64(sl.Index), Y: sl.Score})
				continue
			}
			if err := addCurve(p, i, line); err != nil {
				return nil, err
			}
			line = nil
		}
	}
	return p, nil
}

// areas shows the areas, in cm2 where the spacing is known.
func (s Study) areas() (*plot.Plot, error) {
	unit, pixel := "pixels", 1.0
	if area, known := s.pixelArea(); known {
		unit, pixel = "cm²", area
	}
	p := s.newPlot("area (" + unit + ")")
	p.X.Label.Text = "slice"
	p.Y.Min = 0
	for i, o := range s.Objects {
		var line, prompts plotter.XYs
		for _, sl := range o.Slices {
			at := plotter.XY{X: float64(sl.Index), Y: float64(sl.Area) * pixel}
			line = append(line, at)
			if sl.Outlined {
				prompts = append(prompts, at)
			}
		}
		if err := errors.Join(addCurve(p, i, line), addMarks(p, prompts)); err != nil {
			return nil, err
		}
	}
	p.Y.Max = max(p.Y.Max*1.06, pixel)
	return p, nil
}

// addCurve adds the line of the i-th object; a single point becomes a dot.
func addCurve(p *plot.Plot, i int, at plotter.XYs) error {
	if len(at) == 0 {
		return nil
	}
	l, points, err := plotter.NewLinePoints(at)
	if err != nil {
		return err
	}
	l.Color, l.Width = Color(i), vg.Points(1.6)
	if round := i / len(palette); round > 0 { // colors begin again: tell them apart by dashes
		l.Dashes = []vg.Length{vg.Points(float64(2 + 3*round)), vg.Points(2)}
	}
	points.GlyphStyle = draw.GlyphStyle{Color: Color(i), Radius: vg.Points(1.8), Shape: draw.CircleGlyph{}}
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

// addMarks adds the diamonds of prompts.
func addMarks(p *plot.Plot, at plotter.XYs) error {
	if len(at) == 0 {
		return nil
	}
	marks, err := plotter.NewScatter(at)
	if err != nil {
		return err
	}
	marks.GlyphStyle = draw.GlyphStyle{Color: color.Black, Radius: vg.Points(3.5), Shape: diamond{}}
	p.Add(marks)
	return nil
}

// diamond is a filled square on its corner.
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
