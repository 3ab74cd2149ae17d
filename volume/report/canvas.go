package report

import (
	"image"
	"image/color"
	"strings"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

var (
	background = color.RGBA{24, 24, 27, 255}
	ink        = color.RGBA{235, 235, 235, 255}
	dim        = color.RGBA{160, 160, 160, 255}
	rail       = color.RGBA{58, 58, 64, 255}  // a timeline where the object is absent
	alarm      = color.RGBA{220, 38, 50, 255} // doubts
	black      = color.RGBA{0, 0, 0, 255}
	white      = color.RGBA{255, 255, 255, 255}
)

// faces are the fonts of the pictures.
type faces struct{ small, regular, bold font.Face }

func newFaces() (f faces, err error) {
	if f.small, err = newFace(goregular.TTF, 12); err != nil {
		return f, err
	}
	if f.regular, err = newFace(goregular.TTF, 14); err != nil {
		return f, err
	}
	f.bold, err = newFace(gobold.TTF, 15)
	return f, err
}

func newFace(ttf []byte, size float64) (font.Face, error) {
	parsed, err := opentype.Parse(ttf)
	if err != nil {
		return nil, err
	}
	const dotsPerInch = 72 // sizes are pixels
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: dotsPerInch, Hinting: font.HintingFull})
}

// canvas is a picture being drawn.
type canvas struct {
	*image.RGBA
	faces faces
}

// newCanvas returns an empty picture.
func newCanvas(width, height int) (*canvas, error) {
	f, err := newFaces()
	if err != nil {
		return nil, err
	}
	c := &canvas{image.NewRGBA(image.Rect(0, 0, width, height)), f}
	c.fill(c.Bounds(), background)
	return c, nil
}

func (c *canvas) fill(r image.Rectangle, with color.Color) {
	draw.Draw(c.RGBA, r, image.NewUniform(with), image.Point{}, draw.Src)
}

// border draws a frame inside the edges of r.
func (c *canvas) border(r image.Rectangle, thickness int, with color.Color) {
	in := r.Inset(thickness)
	for _, side := range []image.Rectangle{
		{r.Min, image.Pt(r.Max.X, in.Min.Y)}, {image.Pt(r.Min.X, in.Max.Y), r.Max},
		{r.Min, image.Pt(in.Min.X, r.Max.Y)}, {image.Pt(in.Max.X, r.Min.Y), r.Max}} {
		c.fill(side, with)
	}
}

// text writes s with its baseline at y, and returns the x coordinate of its end.
func (c *canvas) text(face font.Face, with color.Color, x, y int, s string) int {
	d := font.Drawer{Dst: c.RGBA, Src: image.NewUniform(with), Face: face, Dot: fixed.P(x, y)}
	d.DrawString(s)
	return d.Dot.X.Ceil()
}

// onImage writes s with a dark halo, so that it is legible on any slice.
func (c *canvas) onImage(face font.Face, with color.Color, x, y int, s string) {
	for _, d := range []image.Point{{-1, -1}, {-1, 0}, {-1, 1}, {1, -1}, {1, 0}, {1, 1}, {0, -1}, {0, 1}} {
		c.text(face, black, x+d.X, y+d.Y, s)
	}
	c.text(face, with, x, y, s)
}

// alarm writes s in white on red, and returns the x coordinate of its end.
func (c *canvas) alarm(face font.Face, x, base int, s string) int {
	end := x + width(face, s) + 14
	c.fill(image.Rect(x, base-17, end, base+7), alarm)
	c.text(face, white, x+7, base, s)
	return end
}

// width returns the width of s, in pixels.
func width(face font.Face, s string) int { return font.MeasureString(face, s).Ceil() }

// fit shortens s with an ellipsis if it is wider than room.
func fit(face font.Face, s string, room int) string {
	if width(face, s) <= room {
		return s
	}
	runes := []rune(s)
	for n := len(runes) - 1; n > 0; n-- {
		if short := string(runes[:n]) + "…"; width(face, short) <= room {
			return short
		}
	}
	return ""
}

// wrap breaks s into at most two lines no wider than room. The second one is shortened if necessary.
func wrap(face font.Face, s string, room int) []string {
	if width(face, s) <= room {
		return []string{s}
	}
	words := strings.Fields(s)
	first := ""
	for i, word := range words {
		line := strings.TrimPrefix(first+" "+word, " ")
		if width(face, line) > room {
			if i == 0 {
				break
			}
			return []string{first, fit(face, strings.Join(words[i:], " "), room)}
		}
		first = line
	}
	return []string{fit(face, s, room)}
}
