// Package drawing turns strokes of every kind into outlines of slices.
package drawing

import (
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Draw returns an object's outline on the slice of a volume along axis after a stroke that lies on it. content is what the
// object is there so far, [h,w]; it stays as it is. nil: the stroke says nothing about the slice, because what it erases is
// not there.
func Draw(v *volume.Volume, axis int, stroke annotate.Stroke, content []bool) []bool {
	p := pad{values: v.Slice(axis, stroke.Region.Lo[axis]), content: content, rect: planeRect(stroke.Region, axis)}
	p.h, p.w = volume.SliceSize(v.Dim, axis)
	return p.draw(stroke)
}

// rect is a rectangle of pixels on a slice, half open.
type rect struct{ x0, y0, x1, y1 int }

// planeRect is where a region lies on a slice along axis.
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

// pad is a slice that is drawn on.
type pad struct {
	values  []float32 // intensities, row-major [h,w]
	content []bool    // what the object is on this slice so far, [h,w]; never changed
	h, w    int
	rect    rect // where the stroke lies
}

// draw returns the slice's outline after a stroke, or nil if the stroke says nothing about the slice: what it
// erases is not there.
func (p *pad) draw(stroke annotate.Stroke) []bool {
	if stroke.Kind == annotate.Absent {
		return make([]bool, p.h*p.w)
	}
	drawn := p.stroke(stroke)
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
	if stroke.Kind == annotate.Box { // the object is inside: the old content outside was wrong
		return drawn
	}
	for i, on := range drawn {
		out[i] = out[i] || on
	}
	return out
}

// stroke is the region of the slice that a stroke stands for. An outline is meant as it is. A line or a click
// stands for what looks alike around it, a box for what it was drawn about; where the object is already, and in
// what is erased, they are meant as they are, with some thickness for a click.
func (p *pad) stroke(s annotate.Stroke) []bool {
	switch {
	case s.Kind == annotate.Outline:
		return p.place(s.Mask)
	case s.Kind == annotate.Box && s.Erase:
		return p.place(nil)
	case s.Kind == annotate.Box:
		return p.inBox()
	}
	seeds := p.place(s.Mask)
	if s.Kind == annotate.Scribble && (s.Erase || slices.Contains(p.content, true)) {
		return seeds
	}
	if s.Kind == annotate.Click {
		if at := p.rect.y0*p.w + p.rect.x0; !s.Erase && p.content[at] {
			return seeds
		}
		if s.Erase {
			return p.disc(p.rect.x0, p.rect.y0, max(1, eraseShare*p.radius()))
		}
	}
	reach := p.radius()
	if reach == 0 {
		reach = float64(min(p.h, p.w)) / 2
	}
	return p.grow(seeds, reach)
}

// eraseShare is how much of the object's radius a click erases: enough that a few clicks take a leak away, too
// little for one to take the object.
const eraseShare = 0.3

// place puts a stroke's mask, or its whole rectangle, on an empty slice.
func (p *pad) place(mask []bool) []bool {
	out := make([]bool, p.h*p.w)
	width := p.rect.x1 - p.rect.x0
	for y := p.rect.y0; y < p.rect.y1; y++ {
		for x := p.rect.x0; x < p.rect.x1; x++ {
			out[y*p.w+x] = mask == nil || mask[(y-p.rect.y0)*width+x-p.rect.x0]
		}
	}
	return out
}

// radius is that of a disc of the content's area, 0 for no content.
func (p *pad) radius() float64 {
	area := 0
	for _, on := range p.content {
		if on {
			area++
		}
	}
	return math.Sqrt(float64(area) / math.Pi)
}

// disc is the pixels within r of a pixel.
func (p *pad) disc(cx, cy int, r float64) []bool {
	out := make([]bool, p.h*p.w)
	reach := int(r)
	for y := max(0, cy-reach); y <= min(p.h-1, cy+reach); y++ {
		for x := max(0, cx-reach); x <= min(p.w-1, cx+reach); x++ {
			out[y*p.w+x] = float64((x-cx)*(x-cx)+(y-cy)*(y-cy)) <= r*r
		}
	}
	return out
}
