package train

import (
	"bytes"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// curves holds a run's metrics by step.
type curves struct{ loss, dice, dsc plotter.XYs }

// drawCurves plots loss and DSC over the steps.
func (t *Trainer) drawCurves() error {
	records, err := readRecords(t.path(metricsFile), math.MaxInt)
	if err != nil {
		return err
	}
	data, err := curvesOf(records).draw()
	if err != nil {
		return err
	}
	return replaceFile(t.path(curvesFile), data)
}

// curvesOf collects the points; what was not measured at a step leaves no point.
func curvesOf(records []record) (c curves) {
	const lowest = 1e-6 // the log scale needs positive values
	for _, r := range records {
		x := float64(r.Step)
		switch {
		case r.Validation != nil:
			c.dsc = append(c.dsc, plotter.XY{X: x, Y: r.Validation.DSC})
		case r.Metrics != nil:
			c.loss = append(c.loss, plotter.XY{X: x, Y: max(r.Loss, lowest)})
			if r.Overlap != nil {
				c.dice = append(c.dice, plotter.XY{X: x, Y: *r.Overlap})
			}
		}
	}
	return c
}

// draw plots two panels over a common step axis, as PNG.
func (c curves) draw() ([]byte, error) {
	pale, strong, red := color.RGBA{150, 180, 230, 255}, color.RGBA{20, 70, 160, 255}, color.RGBA{200, 40, 40, 255}
	upper, lower := newPanel("loss of a clip"), newPanel("Dice")
	lower.X.Label.Text, lower.Y.Min, lower.Y.Max = "step", 0, 1
	if len(c.loss) > 0 {
		upper.Y.Scale, upper.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	} else {
		upper.Y.Min, upper.Y.Max = 0, 1
	}
	const few = 25 // with this few points, each is marked: a lone point has no line
	for _, l := range []struct {
		p      *plot.Plot
		name   string
		points plotter.XYs
		color  color.Color
		width  float64
		marked bool
	}{
		{upper, "each step", c.loss, pale, 0.5, len(c.loss) <= few},
		{upper, "median of 25 steps", smooth(c.loss), strong, 1.5, len(c.loss) <= few},
		{lower, "clips, each step", c.dice, pale, 0.5, len(c.dice) <= few},
		{lower, "clips, median of 25 steps", smooth(c.dice), strong, 1.5, len(c.dice) <= few},
		{lower, "validation: whole volumes", c.dsc, red, 1.5, true},
	} {
		if len(l.points) == 0 {
			continue
		}
		line, points, err := plotter.NewLinePoints(l.points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = l.color, vg.Points(l.width)
		points.GlyphStyle = draw.GlyphStyle{Color: l.color, Radius: vg.Points(1 + l.width), Shape: draw.CircleGlyph{}}
		l.p.Add(line)
		if l.marked {
			l.p.Add(points)
			l.p.Legend.Add(l.name, line, points)
		} else {
			l.p.Legend.Add(l.name, line)
		}
	}
	if len(c.loss) > 0 && upper.Y.Min == upper.Y.Max { // avoid an empty range, which plot would widen to below 0
		upper.Y.Min, upper.Y.Max = upper.Y.Min/2, upper.Y.Max*2
	}
	upper.X.Min, upper.X.Max = c.steps()
	lower.X.Min, lower.X.Max = c.steps()
	upper.Legend.Top = true
	return stacked(upper, lower)
}

// newPanel returns an empty plot over the steps.
func newPanel(y string) *plot.Plot {
	p := plot.New()
	for _, f := range []*font.Font{&p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font, &p.Legend.TextStyle.Font} {
		f.Variant = "Sans"
	}
	p.Legend.Padding, p.Legend.TextStyle.Font.Size = vg.Points(2), vg.Points(10)
	p.Y.Label.Text = y
	p.Add(plotter.NewGrid())
	return p
}

// steps returns the range of the step axis.
func (c curves) steps() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, points := range []plotter.XYs{c.loss, c.dice, c.dsc} {
		for _, p := range points {
			lo, hi = min(lo, p.X), max(hi, p.X)
		}
	}
	if !(lo < hi) { // fewer than two steps
		return min(lo, 1) - 1, max(hi, 0) + 1
	}
	return lo, hi
}

// stacked draws panels one below the other, aligned, as PNG.
func stacked(panels ...*plot.Plot) ([]byte, error) {
	rows := make([][]*plot.Plot, len(panels))
	for i, p := range panels {
		rows[i] = []*plot.Plot{p}
	}
	img := vgimg.New(8*vg.Inch, 6*vg.Inch)
	const margin = 8
	tiles := draw.Tiles{Rows: len(panels), Cols: 1, PadTop: margin, PadBottom: margin, PadLeft: margin, PadRight: 2 * margin, PadY: margin}
	for i, row := range plot.Align(rows, tiles, draw.New(img)) {
		panels[i].Draw(row[0])
	}
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(&b)
	return b.Bytes(), err
}

// smooth is the running median of the last 25 points: a mean would follow the few clips that are far worse than the
// rest.
func smooth(in plotter.XYs) plotter.XYs {
	const window = 25
	out := make(plotter.XYs, len(in))
	for i, p := range in {
		var last []float64
		for _, q := range in[max(0, i-window+1) : i+1] {
			last = append(last, q.Y)
		}
		slices.Sort(last)
		out[i] = plotter.XY{X: p.X, Y: last[len(last)/2]}
	}
	return out
}
