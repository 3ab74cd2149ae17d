package eval

import (
	"image/color"
	"io"
	"math"
	"path/filepath"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Sizes of a figure.
const (
	figureHeight = 9 * vg.Centimeter // at least; wide figures are up to 1.5 times as high
	figureMargin = 3 * vg.Millimeter
	figureDPI    = 150
)

// palette returns color i of Okabe and Ito's palette, which people with the common kinds of color blindness can tell apart
// ("Color Universal Design", 2008). Yellow comes last, because it is faint on white, and gray replaces black, so that
// outlines stay visible.
func palette(i int) color.Color {
	colors := []color.RGBA{
		{0x00, 0x72, 0xB2, 0xFF}, {0xE6, 0x9F, 0x00, 0xFF}, {0x00, 0x9E, 0x73, 0xFF}, {0xD5, 0x5E, 0x00, 0xFF},
		{0xCC, 0x79, 0xA7, 0xFF}, {0x56, 0xB4, 0xE9, 0xFF}, {0x66, 0x66, 0x66, 0xFF}, {0xF0, 0xE4, 0x42, 0xFF},
	}
	return colors[i%len(colors)]
}

// dashes returns the dash pattern of line i, so that lines can be told apart without color.
func dashes(i int) []vg.Length {
	patterns := [][]vg.Length{nil, {6, 3}, {2, 2}, {8, 3, 2, 3}}
	return patterns[i%len(patterns)]
}

// newPlot returns a plot with this package's text sizes and light horizontal grid lines.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle.Font.Size = 12
	p.Title.Padding = 3 * vg.Millimeter
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Label.TextStyle.Font.Size = 11
		axis.Tick.Label.Font.Size = 10
	}
	lines := plotter.NewGrid()
	lines.Vertical.Width = 0
	lines.Horizontal.Color = color.Gray{0xDD}
	p.Add(lines)
	return p
}

// figure is one or more plots side by side, and a legend to their right.
type figure struct {
	plots  []*plot.Plot
	legend plot.Legend
	width  vg.Length // of each plot
}

func newFigure(width vg.Length, plots ...*plot.Plot) *figure {
	f := &figure{plots: plots, legend: plot.NewLegend(), width: width}
	f.legend.Top = true
	f.legend.TextStyle.Font.Size = 10
	f.legend.Padding = vg.Millimeter
	return f
}

// writePNG draws the figure. The legend has a strip of its own, so that it does not cover any data.
func (f *figure) writePNG(w io.Writer) error {
	probe := draw.New(vgimg.New(10*vg.Centimeter, 10*vg.Centimeter))
	box := f.legend.Rectangle(probe)
	strip := box.Max.X - box.Min.X + 2*figureMargin
	width := f.width*vg.Length(len(f.plots)) + strip + 2*figureMargin
	height := max(figureHeight, min(width/4, 1.5*figureHeight), box.Max.Y-box.Min.Y+6*figureMargin)
	img := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(figureDPI))
	all := draw.Crop(draw.New(img), figureMargin, -figureMargin, figureMargin, -figureMargin)
	f.legend.Draw(draw.Crop(all, 0, 0, 0, -2*figureMargin))
	for i, p := range f.plots {
		left := f.width * vg.Length(i)
		p.Draw(draw.Crop(all, left, left+f.width-(all.Max.X-all.Min.X)-figureMargin, 0, 0))
	}
	_, err := vgimg.PngCanvas{Canvas: img}.WriteTo(w)
	return err
}

// save draws the figure into a PNG file.
func (f *figure) save(path string) error { return writeFile(path, f.writePNG) }

// swatch is a legend entry for a filled shape.
type swatch struct{ color.Color }

func (s swatch) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(s.Color, []vg.Point{c.Min, {X: c.Min.X, Y: c.Max.Y}, c.Max, {X: c.Max.X, Y: c.Min.Y}})
}

// groupTicks labels the groups 0, 1, ... on the x axis of a plot of the given width; labels that would overlap are slanted.
func groupTicks(p *plot.Plot, names []string, width vg.Length) {
	ticks := make([]plot.Tick, len(names))
	var longest vg.Length
	for i, name := range names {
		ticks[i] = plot.Tick{Value: float64(i), Label: name}
		longest = max(longest, p.X.Tick.Label.Width(name))
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	p.X.Min, p.X.Max = -0.5, float64(len(names))-0.5
	if longest > (width-2*vg.Centimeter)/vg.Length(len(names)) {
		p.X.Tick.Label.Rotation = math.Pi / 5
		p.X.Tick.Label.XAlign, p.X.Tick.Label.YAlign = draw.XRight, draw.YCenter
	}
}

// wholeTicks marks whole numbers in steps of 1, 2, 5, 10, 20, ..., at most twelve of them.
func wholeTicks(low, high float64) (ticks []plot.Tick) {
	const most = 12
	step := 1.0
	for i := 0; (high-low)/step > most; i++ {
		step *= []float64{2, 2.5, 2}[i%3]
	}
	for v := math.Ceil(low/step) * step; v <= high; v += step {
		ticks = append(ticks, plot.Tick{Value: v, Label: strconv.Itoa(int(v))})
	}
	return ticks
}

// scaleDSC gives an axis of DSC the range 0 to 1, with a margin at both ends and a tick at every fifth.
func scaleDSC(axis *plot.Axis, margin float64) {
	axis.Min, axis.Max = -margin, 1+margin
	ticks := make(plot.ConstantTicks, 6)
	for i := range ticks {
		v := float64(i) / 5
		ticks[i] = plot.Tick{Value: v, Label: strconv.FormatFloat(v, 'f', 1, 64)}
	}
	axis.Tick.Marker = ticks
}

// groupWidth returns the width of a plot that has room for n groups of m bars.
func groupWidth(n, m int) vg.Length {
	return min(max(10*vg.Centimeter, vg.Length(n)*(vg.Length(m)*0.7+0.8)*vg.Centimeter+2.5*vg.Centimeter), 45*vg.Centimeter)
}

// slot returns the center and width of bar j of m in group i.
func slot(i, j, m int) (center, width float64) {
	width = min(0.8/float64(m), 0.3)
	return float64(i) + (float64(j)-float64(m-1)/2)*width, width
}

// plotFile is a figure that is still to be drawn, and the name of its file.
type plotFile struct {
	name string
	make func() (*figure, error)
}

// savePlots draws each figure to its file in dir and returns the paths written.
func savePlots(dir string, files []plotFile) (written []string, err error) {
	for _, f := range files {
		fig, err := f.make()
		if err != nil {
			return written, err
		}
		path := filepath.Join(dir, f.name)
		if err := fig.save(path); err != nil {
			return written, err
		}
		written = append(written, path)
	}
	return written, nil
}
