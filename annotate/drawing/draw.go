// Package drawing turns strokes of every kind into outlines on slices. Outlines, and whatever is drawn over an outline, are
// taken literally; clicks, boxes and first scribbles are hints, for which the model finds the outline.
package drawing

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/project"
)

// Find returns the mask [h,w] of the object that a hint is about, nil if there is none. The hint does not say the slice.
type Find func(project.Hint) ([]bool, error)

// Canvas is what strokes are drawn on: an object on a slice.
type Canvas struct {
	H, W    int
	Axis    int    // the slice is across this axis
	Content []bool // the object's outline [H,W] before the strokes; never changed
	Find    Find
}

// Draw returns the outline [H,W] after strokes, which are one stroke or any number of clicks. The result is nil if they say
// nothing about the slice, because they erase where the object is not. An InputError means that nothing was found, or that the model
// refuses the hint.
func (c Canvas) Draw(strokes []annotate.Stroke) ([]bool, error) {
	s := strokes[0]
	seeds := c.place(s)
	switch {
	case s.Kind == annotate.Absent:
		return make([]bool, c.H*c.W), nil
	case s.Kind == annotate.Click:
		return c.click(strokes)
	case s.Erase:
		return c.erased(seeds), nil
	case s.Kind == annotate.Box: // the whole object is inside, so content outside is wrong
		return c.box(s)
	case s.Kind == annotate.Scribble && !slices.Contains(c.Content, true):
		found, err := c.find(project.Hint{Clicks: spread(seeds, c.W)})
		if err != nil {
			return nil, err
		}
		return union(found, seeds), nil
	}
	return union(c.Content, seeds), nil
}

// click draws clicks. Those that agree with the content change nothing.
func (c Canvas) click(strokes []annotate.Stroke) ([]bool, error) {
	hint := project.Hint{}
	if slices.Contains(c.Content, true) {
		hint.Mask = c.Content
	}
	agree, on := true, false
	for _, s := range strokes {
		r := planeRect(s.Region, c.Axis)
		hint.Clicks = append(hint.Clicks, project.Click{X: float64(r.x0), Y: float64(r.y0), Away: s.Erase})
		agree = agree && c.Content[r.y0*c.W+r.x0] != s.Erase
		on = on || !s.Erase
	}
	switch {
	case !agree:
		return c.find(hint)
	case on:
		return c.Content, nil
	}
	return nil, nil // there is nothing to erase
}

// box draws a box. One that is a single pixel wide or high is the object itself.
func (c Canvas) box(s annotate.Stroke) ([]bool, error) {
	r := planeRect(s.Region, c.Axis)
	if r.x1-r.x0 == 1 || r.y1-r.y0 == 1 {
		return c.place(s), nil
	}
	return c.find(project.Hint{Box: &project.Box{X0: float64(r.x0), Y0: float64(r.y0), X1: float64(r.x1 - 1), Y1: float64(r.y1 - 1)}})
}

// find returns what the model finds. Clicks may leave nothing of a mask.
func (c Canvas) find(hint project.Hint) ([]bool, error) {
	found, err := c.Find(hint)
	switch {
	case err != nil || found != nil:
		return found, err
	case hint.Mask != nil:
		return make([]bool, c.H*c.W), nil
	}
	return nil, annotate.Inputf("nothing was found there: draw the outline instead")
}

// erased returns the content without some pixels; nil if it has none of them.
func (c Canvas) erased(gone []bool) []bool {
	out, changed := slices.Clone(c.Content), false
	for i, on := range gone {
		if on && out[i] {
			out[i], changed = false, true
		}
	}
	if !changed {
		return nil
	}
	return out
}

// union returns the pixels of two masks of the same size.
func union(a, b []bool) []bool {
	out := slices.Clone(a)
	for i := range out {
		out[i] = out[i] || b[i]
	}
	return out
}

// spreadClicks is how many clicks stand for a scribble.
const spreadClicks = 8

// spread returns clicks on a scribble [h,w], far apart: each on the pixel that is farthest from those before.
func spread(seeds []bool, w int) []project.Click {
	var pixels, distance []int // of the scribble, and their squared distances from the nearest click
	for i, on := range seeds {
		if on {
			pixels, distance = append(pixels, i), append(distance, len(seeds)*len(seeds))
		}
	}
	var out []project.Click
	next := len(pixels) / 2
	for len(out) < spreadClicks && distance[next] > 0 {
		x, y := pixels[next]%w, pixels[next]/w
		out = append(out, project.Click{X: float64(x), Y: float64(y)})
		next = 0
		for i, at := range pixels {
			dx, dy := at%w-x, at/w-y
			distance[i] = min(distance[i], dx*dx+dy*dy)
			if distance[i] > distance[next] {
				next = i
			}
		}
	}
	return out
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

// place returns a stroke's mask, or its whole region if it has none, on an otherwise empty slice.
func (c Canvas) place(s annotate.Stroke) []bool {
	out := make([]bool, c.H*c.W)
	r := planeRect(s.Region, c.Axis)
	for y := r.y0; y < r.y1; y++ {
		for x := r.x0; x < r.x1; x++ {
			out[y*c.W+x] = s.Mask == nil || s.Mask[(y-r.y0)*(r.x1-r.x0)+x-r.x0]
		}
	}
	return out
}
