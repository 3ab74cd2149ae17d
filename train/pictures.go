package train

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// The picture of samples: a row per object, slices from its first to its last, truth outlined in green
// and prediction in red.
const (
	sampleRows    = 4
	sampleColumns = 6
	sampleSide    = 192 // pixels
)

func (v *Validation) drawSamples(path string) error {
	if len(v.samples) == 0 {
		return nil
	}
	out := image.NewRGBA(image.Rect(0, 0, sampleColumns*sampleSide, len(v.samples)*sampleSide))
	for row, s := range v.samples {
		for column := range sampleColumns {
			at := column * (len(s.span) - 1) / (sampleColumns - 1)
			s.draw(out, s.span[at], column*sampleSide, row*sampleSide)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, out); err != nil {
		return err
	}
	return replaceFile(path, b.Bytes())
}

// draw puts one slice at (x0,y0).
func (s sample) draw(out *image.RGBA, slice, x0, y0 int) {
	h, w := s.of.Size()
	pix := volume.ResizePIL(s.of.Gray(slice), h, w, sampleSide, sampleSide, volume.Bilinear)
	truth := func(x, y int) bool { return int(s.of.Labels[slice][y*w+x]) == s.index+1 }
	found := func(x, y int) bool { return s.found.Data[(slice*h+y)*w+x] == int32(s.index+1) }
	for y := range sampleSide {
		for x := range sampleSide {
			c := color.RGBA{pix[y*sampleSide+x], pix[y*sampleSide+x], pix[y*sampleSide+x], 255}
			switch {
			case onEdge(found, x, y, w, h):
				c = color.RGBA{255, 60, 60, 255}
			case onEdge(truth, x, y, w, h):
				c = color.RGBA{60, 255, 60, 255}
			}
			out.SetRGBA(x0+x, y0+y, c)
		}
	}
}

// onEdge says whether a pixel of the enlarged slice is inside a mask and its right or lower neighbour is
// not, or the other way round.
func onEdge(in func(x, y int) bool, x, y, w, h int) bool {
	at := func(x, y int) bool { return in(min(x, sampleSide-1)*w/sampleSide, min(y, sampleSide-1)*h/sampleSide) }
	here := at(x, y)
	return at(x+1, y) != here || at(x, y+1) != here
}

// drawCurves draws loss and DSC over the steps.
func (t *Trainer) drawCurves() error {
	records, err := readRecords(t.path(metricsFile), math.MaxInt)
	if err != nil {
		return err
	}
	var loss, dice, dsc plotter.XYs
	for _, r := range records {
		x := float64(r.Step)
		if r.Validation != nil {
			dsc = append(dsc, plotter.XY{X: x, Y: r.Validation.DSC})
			continue
		}
		loss = append(loss, plotter.XY{X: x, Y: max(r.Loss, 1e-6)})
		dice = append(dice, plotter.XY{X: x, Y: r.Overlap})
	}
	data, err := drawCurves(loss, dice, dsc)
	if err != nil {
		return err
	}
	return replaceFile(t.path(curvesFile), data)
}

func drawCurves(loss, dice, dsc plotter.XYs) ([]byte, error) {
	upper, lower := plot.New(), plot.New()
	upper.Title.Text, upper.Y.Label.Text = "Training", "loss of a clip"
	upper.Y.Scale, upper.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	lower.X.Label.Text, lower.Y.Label.Text, lower.Y.Min, lower.Y.Max = "step", "Dice", 0, 1
	lower.Legend.Top, lower.Legend.Left = false, false
	pale, strong, red := color.RGBA{150, 180, 230, 255}, color.RGBA{20, 70, 160, 255}, color.RGBA{200, 40, 40, 255}
	upper.Add(plotter.NewGrid())
	lower.Add(plotter.NewGrid())
	for _, c := range []struct {
		p      *plot.Plot
		name   string
		points plotter.XYs
		color  color.Color
		width  float64
	}{
		{upper, "", loss, pale, 0.5}, {upper, "median of 25 steps", smooth(loss), strong, 1.5},
		{lower, "", dice, pale, 0.5}, {lower, "clips, median of 25 steps", smooth(dice), strong, 1.5},
		{lower, "validation: whole volumes", dsc, red, 1.5},
	} {
		if len(c.points) == 0 {
			continue
		}
		line, err := plotter.NewLine(c.points)
		if err != nil {
			return nil, err
		}
		line.Color, line.Width = c.color, vg.Points(c.width)
		c.p.Add(line)
		if c.name != "" {
			c.p.Legend.Add(c.name, line)
		}
	}
	upper.Legend.Top = true
	img := vgimg.New(8*vg.Inch, 6*vg.Inch)
	canvas := draw.New(img)
	for i, p := range []*plot.Plot{lower, upper} {
		half := canvas.Size().Y / 2
		p.Draw(draw.Crop(canvas, 0, 0, half*vg.Length(i), -half*vg.Length(1-i)))
	}
	var b bytes.Buffer
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(&b)
	return b.Bytes(), err
}

// smooth is the running median over the last 25 points: a few clips are far worse than all others.
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
