package report

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Sizes of the presence plot.
const (
	plotWidth = 26 * vg.Centimeter
	panel     = 6 * vg.Centimeter
	rowHeight = 0.9 * vg.Centimeter
	plotDPI   = 120
	fewLabels = len(palette) // each has a color of its own
)

var (
	absentShade = color.RGBA{238, 238, 238, 255}
	absentLine  = color.RGBA{205, 205, 205, 255}
	doubtShade  = color.RGBA{250, 205, 208, 255}
)

// Presence writes a PNG with panels whose horizontal axis is the slice. The first has a row for each object, which shows its size
// on every slice and where it is absent, outlined or doubtful. For up to seven objects (more curves could not be
// distinguished), there are panels with their areas and, if there are any, their scores; an object with a score of at most 0
// is absent.
func Presence(w io.Writer, s Study) error {
	if err := s.check(); err != nil {
		return err
	}
	p := presence{s, s.colors(findRegions(s).near())}
	rows, err := p.rows()
	plots, heights := []*plot.Plot{rows}, []vg.Length{vg.Length(len(s.Objects))*rowHeight + 2.2*vg.Centimeter}
	add := func(draw func() (*plot.Plot, error)) {
		q, drawErr := draw()
		plots, heights, err = append(plots, q), append(heights, panel), errors.Join(err, drawErr)
	}
	if len(s.Objects) <= fewLabels {
		if s.measured() {
			add(p.scores)
		}
		add(p.areas)
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	plots[len(plots)-1].X.Label.Text = "slice"
	total := vg.Length(0)
	for _, h := range heights {
		total += h
	}
	img := vgimg.NewWith(vgimg.UseWH(plotWidth, total), vgimg.UseDPI(plotDPI), vgimg.UseBackgroundColor(color.White))
	drawAligned(draw.New(img), plots, heights)
	_, err = vgimg.PngCanvas{Canvas: img}.WriteTo(w)
	return err
}

// presence is a study with the colors of its objects.
type presence struct {
	Study
	colors []color.RGBA
}

// measured reports whether there is any score to draw.
func (s Study) measured() bool {
	for _, o := range s.Objects {
		for _, sl := range o.Slices {
			if !sl.Outlined && !math.IsNaN(sl.Score) {
				return true
			}
		}
	}
	return false
}

// drawAligned draws plots below each other, with their left and right edges aligned.
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

// newPlot returns an empty plot with slices on its horizontal axis.
func (s Study) newPlot(y string) *plot.Plot {
	p := plot.New()
	for _, f := range []*font.Font{&p.Title.TextStyle.Font, &p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font} {
		f.Variant = "Sans"
	}
	p.Y.Label.Text = y
	all := s.indices()
	p.X.Min, p.X.Max = float64(all[0])-0.5, float64(all[len(all)-1])+0.5
	p.X.Tick.Marker = plot.TickerFunc(wholeTicks)
	return p
}
