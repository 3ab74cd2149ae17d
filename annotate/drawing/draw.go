// Package drawing turns strokes of every kind into outlines on slices.
//
// Where to start reading: draw.go, then grow.go (clicks and scribbles) and box.go (boxes).
package drawing

import (
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Draw returns an object's outline [h,w] on the slice along axis that a stroke lies on, after the stroke. content is the
// outline before it; it is not changed. The result is nil if the stroke says nothing about the slice, because it erases
// where the object is not.
func Draw(v *volume.Volume, axis int, stroke annotate.Stroke, content []bool) []bool {
	p := plane{values: v.Slice(axis, stroke.Region.Lo[axis]), content: content, rect: planeRect(stroke.Region, axis)}
	p.h, p.w = volume.SliceSize(v.Dim, axis)
	return p.draw(stroke)
}

// rect is a half-open rectangle of pixels on a slice.
type rect struct{ x0, y0, x1, y1 int }

// planeRect returns where a region lies on a slice along axis.
func planeRect(r annotate.Region, axis int) rect {
	row, col := 2, 0
	switch axis {
	case 0:
		col = 1
	case 2:
		row = 1
	}
	return rect{x0: r.Lo[col], y0: r.Lo[row], x1: r.Hi[col], y1: r.Hi[row]}
}

// plane is the slice that a stroke is drawn on. Masks are [h,w], row by row, like all its data.
type plane struct {
	values  []float32 // intensities
	content []bool    // the object's outline before the stroke; never changed
	h, w    int
	rect    rect // of the stroke
}

// draw returns the outline after a stroke, or nil; see Draw.
func (p *plane) draw(stroke annotate.Stroke) []bool {
	if stroke.Kind == annotate.Absent {
		return make([]bool, p.h*p.w)
	}
	drawn := p.region(stroke)
	out := slices.Clone(p.content)
	if stroke.Erase {
		changed := false
		for i, on := range drawn {
			if on && out[i] {
				out[i], changed = false, true
			}
		}
		if !changed {
			return nil
		}
		return out
	}
	if stroke.Kind == annotate.Box { // the whole object is inside, so content outside is wrong
		return drawn
	}
	for i, on := range drawn {
		out[i] = out[i] || on
	}
	return out
}

// region returns the pixels that a stroke stands for. An outline is taken literally. A first scribble and a click outside
// the object stand for the similar pixels around them, and a box for the object inside it. A scribble on a slice that has
// an outline, a click inside the object, and whatever erases are taken literally, except that a click erases a small disc.
func (p *plane) region(s annotate.Stroke) []bool {
	switch {
	case s.Kind == annotate.Outline:
		return p.place(s.Mask)
	case s.Kind == annotate.Box && s.Erase:
		return p.place(nil)
	case s.Kind == annotate.Box:
		return p.inBox()
	}
	seeds := p.place(s.Mask)
	switch at := p.rect.y0*p.w + p.rect.x0; {
	case s.Kind == annotate.Scribble && (s.Erase || slices.Contains(p.content, true)):
		return seeds
	case s.Kind == annotate.Click && s.Erase:
		return p.disc(p.rect.x0, p.rect.y0, max(1, eraseShare*p.radius()))
	case s.Kind == annotate.Click && p.content[at]:
		return seeds
	}
	reach := p.radius()
	if reach == 0 {
		reach = float64(min(p.h, p.w)) / 2
	}
	return p.grow(seeds, reach)
}

// eraseShare is the radius of the disc that a click erases, relative to the object's radius: a few clicks remove a leak,
// but a single click does not remove the object.
const eraseShare = 0.3

// place returns a stroke's mask, or its whole rectangle if mask is nil, on an otherwise empty slice.
func (p *plane) place(mask []bool) []bool {
	out := make([]bool, p.h*p.w)
	width := p.rect.x1 - p.rect.x0
	for y := p.rect.y0; y < p.rect.y1; y++ {
		for x := p.rect.x0; x < p.rect.x1; x++ {
			out[y*p.w+x] = mask == nil || mask[(y-p.rect.y0)*width+x-p.rect.x0]
		}
	}
	return out
}

// radius is the radius of a disc with the content's area, in pixels; 0 without content.
func (p *plane) radius() float64 { return math.Sqrt(float64(masks.Area(p.content)) / math.Pi) }

// disc returns the pixels within r of a pixel.
func (p *plane) disc(cx, cy int, r float64) []bool {
	out := make([]bool, p.h*p.w)
	reach := int(r)
	for y := max(0, cy-reach); y <= min(p.h-1, cy+reach); y++ {
		for x := max(0, cx-reach); x <= min(p.w-1, cx+reach); x++ {
			out[y*p.w+x] = float64((x-cx)*(x-cx)+(y-cy)*(y-cy)) <= r*r
		}
	}
	return out
}
