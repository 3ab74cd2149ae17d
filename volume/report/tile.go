package report

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"
)

// tile is a drawing of a part of a slice. All pictures of this package consist of tiles.
type tile struct {
	h, w    int
	gray    []uint8         // [h,w]
	inside  image.Rectangle // the part that is inside the slice: a tile may extend beyond it
	layers  []layer         // later ones are drawn on top
	focus   image.Rectangle // the part that the locator should not cover
	caption string          // the slice's number
	name    string          // shown below the caption; may be empty
	tint    color.RGBA      // of a mark before the name; transparent: no mark
	frame   *color.RGBA     // of a slice that was outlined; nil: no frame
	reason  string          // why the slice is doubtful; empty: no band
	locator *locator
}

// layer is a set of labels with contours.
type layer struct {
	labels  []int32 // [h,w] of the tile
	strokes map[int32]stroke
}

// stroke is how a label's contour is drawn.
type stroke struct {
	color color.RGBA
	thick int  // pixels
	faint bool // half transparent
}

// locator shows where on its slice a tile is.
type locator struct {
	gray *image.Gray     // the whole slice
	part image.Rectangle // the tile's part of it
	mmX  float64         // width of a pixel
	mmY  float64         // height of a pixel
}

// locate adds a locator for the part of a slice [h,w] that the tile shows, unless that is most of it.
func (t *tile) locate(gray []uint8, h, w int, part image.Rectangle, mmX, mmY float64) {
	const most = 0.6 // of the slice
	if float64(area(part)) < most*float64(h*w) {
		t.locator = &locator{gray: &image.Gray{Pix: gray, Stride: w, Rect: image.Rect(0, 0, w, h)}, part: part, mmX: mmX, mmY: mmY}
	}
}

const (
	frameThick = 4
	lineHeight = 16 // of small text
	reasonRoom = 38 // two lines
)

// draw draws the tile at a place of the canvas. The picture is a square at its top. The reason is below it or, if there is no
// room there, on its lower edge.
func (t *tile) draw(c *canvas, place image.Rectangle) {
	at := image.Rect(place.Min.X, place.Min.Y, place.Max.X, place.Min.Y+place.Dx())
	c.fill(place, black)
	gray := &image.Gray{Pix: t.gray, Stride: t.w, Rect: image.Rect(0, 0, t.w, t.h)}
	draw.CatmullRom.Scale(c.RGBA, t.on(at, t.inside), gray, t.inside, draw.Src, nil)
	for _, l := range t.layers {
		l.draw(c, at, t.h, t.w)
	}
	free := at.Inset(frameThick + 2)
	if t.reason != "" {
		free.Max.Y = min(free.Max.Y, t.band(c, place).Min.Y-3)
	}
	if t.locator != nil {
		t.locator.draw(c, free, t.on(at, t.focus))
	}
	if t.frame != nil {
		c.border(at, frameThick, *t.frame)
	}
	c.onImage(c.faces.bold, ink, at.Min.X+9, at.Min.Y+21, t.caption)
	x, base := at.Min.X+9, at.Min.Y+38
	if t.tint.A > 0 {
		mark := image.Rect(x, base-9, x+10, base+1)
		c.fill(mark.Inset(-1), black)
		c.fill(mark, t.tint)
		x = mark.Max.X + 5
	}
	c.onImage(c.faces.small, ink, x, base, fit(c.faces.small, t.name, at.Max.X-x-8))
}

// band writes the reason at the bottom, and returns where.
func (t *tile) band(c *canvas, place image.Rectangle) image.Rectangle {
	lines := wrap(c.faces.small, t.reason, place.Dx()-14)
	height := max(lineHeight*len(lines)+5, place.Dy()-place.Dx())
	band := image.Rect(place.Min.X, place.Max.Y-height, place.Max.X, place.Max.Y)
	c.fill(band, alarm)
	for i, line := range lines {
		c.text(c.faces.small, white, band.Min.X+8, band.Min.Y+15+i*lineHeight, line)
	}
	return band
}

// on returns the place of a part of the tile if the tile is drawn at a given place.
func (t *tile) on(at, part image.Rectangle) image.Rectangle {
	return image.Rect(part.Min.X*at.Dx()/t.w, part.Min.Y*at.Dy()/t.h, part.Max.X*at.Dx()/t.w, part.Max.Y*at.Dy()/t.h).Add(at.Min)
}

// draw draws the inner edges of labels [h,w].
func (l layer) draw(c *canvas, at image.Rectangle, h, w int) {
	width, height := at.Dx(), at.Dy()
	columns := make([]int, width)
	for x := range columns {
		columns[x] = x * w / width
	}
	label := func(x, y int) int32 {
		if x < 0 || y < 0 || x >= width || y >= height {
			return 0
		}
		return l.labels[y*h/height*w+columns[x]]
	}
	for y := range height {
		for x := range width {
			v := label(x, y)
			s, ok := l.strokes[v]
			if v == 0 || !ok {
				continue
			}
			for d := 1; d <= s.thick; d++ {
				if label(x-d, y) != v || label(x+d, y) != v || label(x, y-d) != v || label(x, y+d) != v {
					c.mark(at.Min.X+x, at.Min.Y+y, s)
					break
				}
			}
		}
	}
}

// mark sets a pixel of a contour.
func (c *canvas) mark(x, y int, s stroke) {
	to := s.color
	if s.faint {
		under := c.RGBAAt(x, y)
		to = color.RGBA{under.R/2 + to.R/2, under.G/2 + to.G/2, under.B/2 + to.B/2, 255}
	}
	c.SetRGBA(x, y, to)
}

// draw draws the locator in the corner of the free room where it covers the least of focus, except the upper left, where the
// text is.
func (l *locator) draw(c *canvas, free, focus image.Rectangle) {
	const share = 4.6 // of the room's width
	wide, tall := float64(l.gray.Rect.Dx())*l.mmX, float64(l.gray.Rect.Dy())*l.mmY
	scale := float64(free.Dx()) / share / max(wide, tall)
	w, h := max(int(wide*scale), 8), max(int(tall*scale), 8)
	size := image.Rect(0, 0, w, h)
	at := size.Add(image.Pt(free.Max.X-w, free.Min.Y))
	for _, other := range []image.Point{free.Max.Sub(size.Max), image.Pt(free.Min.X, free.Max.Y-h)} {
		if there := size.Add(other); area(there.Intersect(focus)) < area(at.Intersect(focus)) {
			at = there
		}
	}
	draw.BiLinear.Scale(c.RGBA, at, l.gray, l.gray.Rect, draw.Src, nil)
	c.border(at.Inset(-1), 1, dim)
	W, H := l.gray.Rect.Dx(), l.gray.Rect.Dy()
	part := l.part.Intersect(l.gray.Rect)
	c.border(image.Rect(part.Min.X*w/W, part.Min.Y*h/H, (part.Max.X*w+W-1)/W, (part.Max.Y*h+H-1)/H).Add(at.Min), 1, white)
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }
