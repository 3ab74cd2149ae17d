package report

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/math/fixed"
)

// Sizes of the montage in pixels.
const (
	maxTiles   = 20
	tileSide   = 260 // the longer side of a slice
	gap        = 8
	header     = 34
	lineHeight = 22
	contour    = 2 // thickness
	frame      = 4 // around a prompted slice
)

var (
	background = color.RGBA{24, 24, 27, 255}
	ink        = color.RGBA{235, 235, 235, 255}
	dim        = color.RGBA{160, 160, 160, 255}
)

// Montage writes a PNG with up to 20 slices, evenly chosen from those that were worked on and with the
// prompted ones among them, each with the contours of its labels.
func Montage(w io.Writer, s Study) error {
	chosen := choose(s.indices(), s.prompted(), maxTiles)
	if len(chosen) == 0 {
		return fmt.Errorf("report: no slices to show")
	}
	faces, err := newFaces()
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	m := &montage{Study: s, faces: faces, view: viewOf(s.Labels.Geom, s.Axis)}
	m.layout(len(chosen))
	for i, slice := range chosen {
		m.tile(i, slice)
	}
	m.captions()
	return png.Encode(w, m.canvas)
}

// choose picks at most n of all, evenly, the first and the last among them; the nearest picks give way to
// prompted ones.
func choose(all, prompted []int, n int) []int {
	if len(all) <= n {
		return all
	}
	picks := make([]int, n)
	for i := range picks {
		picks[i] = all[int(math.Round(float64(i)*float64(len(all)-1)/float64(n-1)))]
	}
	taken := map[int]bool{}
	for _, p := range prompted {
		best := -1
		for i, have := range picks {
			if !taken[i] && (best < 0 || abs(have-p) < abs(picks[best]-p)) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		picks[best], taken[best] = p, true
	}
	slices.Sort(picks)
	return slices.Compact(picks)
}

func abs(x int) int { return max(x, -x) }

// montage is a picture being drawn.
type montage struct {
	Study
	faces         faces
	view          view
	canvas        *image.RGBA
	columns, rows int
	width, height int // of a tile's picture
	legendRows    int
}

// layout sets the sizes: tiles keep the proportions in mm.
func (m *montage) layout(n int) {
	scale := tileSide / max(m.view.width, m.view.height)
	m.width, m.height = max(int(m.view.width*scale), 48), max(int(m.view.height*scale), 48)
	const aspect = 1.6 // of the whole
	m.columns = int(math.Round(math.Sqrt(aspect * float64(n) * float64(m.height+gap) / float64(m.width+gap))))
	m.columns = min(max(m.columns, 1), n)
	for (m.columns+1)*(m.width+gap)+gap < 480 { // room for the title
		m.columns++
	}
	m.rows = (n + m.columns - 1) / m.columns
	W := m.columns*(m.width+gap) + gap
	m.legendRows = 1 + (len(m.Objects)-1)/max(1, (W-2*gap)/m.legendWidth())
	H := header + m.rows*(m.height+gap) + gap + m.legendRows*lineHeight + lineHeight
	m.canvas = image.NewRGBA(image.Rect(0, 0, W, H))
	draw.Draw(m.canvas, m.canvas.Bounds(), image.NewUniform(background), image.Point{}, draw.Src)
}

// tile draws a slice.
func (m *montage) tile(i, slice int) {
	h, w := m.Image.Size()
	H, W := m.view.size(h, w)
	x0, y0 := gap+i%m.columns*(m.width+gap), header+i/m.columns*(m.height+gap)
	at := image.Rect(x0, y0, x0+m.width, y0+m.height)
	gray := &image.Gray{Pix: turn(m.view, m.Image.Gray(slice), h, w), Stride: W, Rect: image.Rect(0, 0, W, H)}
	draw.CatmullRom.Scale(m.canvas, at, gray, gray.Bounds(), draw.Src, nil)
	labels := turn(m.view, m.Labels.Slice(m.Axis, slice), h, w)
	m.contours(at, labels, H, W)
	if len(m.Objects) > len(palette) { // colours repeat
		m.numbers(at, labels, H, W)
	}
	name := fmt.Sprint(slice)
	if slices.Contains(m.prompted(), slice) {
		m.frame(at)
		name += "  prompt"
	}
	m.textOnImage(x0+8, y0+20, name)
}

// contours draws the inner edges of the labels [h,w].
func (m *montage) contours(at image.Rectangle, labels []int32, h, w int) {
	index := map[int32]int{}
	for i, o := range m.Objects {
		index[int32(o.Label)] = i
	}
	label := func(x, y int) int32 {
		if x < 0 || y < 0 || x >= m.width || y >= m.height {
			return 0
		}
		return labels[y*h/m.height*w+x*w/m.width]
	}
	for y := range m.height {
		for x := range m.width {
			l := label(x, y)
			if l == 0 {
				continue
			}
			for d := 1; d <= contour; d++ {
				if label(x-d, y) != l || label(x+d, y) != l || label(x, y-d) != l || label(x, y+d) != l {
					m.canvas.SetRGBA(at.Min.X+x, at.Min.Y+y, Colour(index[l]))
					break
				}
			}
		}
	}
}

// numbers writes every label that has room for it at the place nearest to its centre.
func (m *montage) numbers(at image.Rectangle, labels []int32, h, w int) {
	const room = 200 // pixels of the tile
	for _, o := range m.Objects {
		var on []image.Point
		var sum image.Point
		for p, l := range labels {
			if l == int32(o.Label) {
				on = append(on, image.Pt(p%w, p/w))
				sum = sum.Add(on[len(on)-1])
			}
		}
		if len(on)*m.width*m.height < room*h*w {
			continue
		}
		centre := sum.Div(len(on))
		best := slices.MinFunc(on, func(a, b image.Point) int { return distance(a, centre) - distance(b, centre) })
		m.textOnImage(at.Min.X+best.X*m.width/w-6, at.Min.Y+best.Y*m.height/h+5, fmt.Sprint(o.Label))
	}
}

// distance is the square of that between two points.
func distance(a, b image.Point) int {
	d := a.Sub(b)
	return d.X*d.X + d.Y*d.Y
}

// frame marks a prompted slice.
func (m *montage) frame(at image.Rectangle) {
	white := image.NewUniform(color.White)
	for _, r := range []image.Rectangle{
		image.Rect(at.Min.X, at.Min.Y, at.Max.X, at.Min.Y+frame), image.Rect(at.Min.X, at.Max.Y-frame, at.Max.X, at.Max.Y),
		image.Rect(at.Min.X, at.Min.Y, at.Min.X+frame, at.Max.Y), image.Rect(at.Max.X-frame, at.Min.Y, at.Max.X, at.Max.Y)} {
		draw.Draw(m.canvas, r, white, image.Point{}, draw.Src)
	}
}

// captions writes title, legend and orientation.
func (m *montage) captions() {
	m.text(m.faces.bold, ink, gap, 23, m.Title)
	y := header + m.rows*(m.height+gap) + lineHeight
	perRow := max(1, (m.canvas.Bounds().Dx()-2*gap)/m.legendWidth())
	for i, o := range m.Objects {
		x, y := gap+i%perRow*m.legendWidth(), y+i/perRow*lineHeight
		draw.Draw(m.canvas, image.Rect(x, y-12, x+14, y+2), image.NewUniform(Colour(i)), image.Point{}, draw.Src)
		m.text(m.faces.regular, ink, x+20, y, m.name(o))
	}
	note := "white frame: prompted slice"
	if m.view.left != "" {
		note += fmt.Sprintf("; left edge %s, top edge %s", m.view.left, m.view.top)
	}
	m.text(m.faces.regular, dim, gap, y+m.legendRows*lineHeight, note)
}

func (m *montage) name(o Object) string { return fmt.Sprintf("label %d", o.Label) }

// legendWidth is the room of one entry.
func (m *montage) legendWidth() int {
	widest := 0
	for _, o := range m.Objects {
		widest = max(widest, font.MeasureString(m.faces.regular, m.name(o)).Ceil())
	}
	return widest + 44
}

// textOnImage writes with a dark halo, legible on any slice.
func (m *montage) textOnImage(x, y int, s string) {
	for _, d := range []image.Point{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
		m.text(m.faces.bold, color.RGBA{0, 0, 0, 255}, x+d.X, y+d.Y, s)
	}
	m.text(m.faces.bold, ink, x, y, s)
}

// text writes s with its baseline at y.
func (m *montage) text(face font.Face, c color.Color, x, y int, s string) {
	d := font.Drawer{Dst: m.canvas, Src: image.NewUniform(c), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(s)
}
