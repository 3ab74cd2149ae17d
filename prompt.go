package slmsam

import (
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/decoder"
)

// Point is a click or a corner of a box, in pixels: x to the right, y down, the first pixel's center at (0, 0).
type Point = decoder.Point

// PointLabel is the kind of a Point.
type PointLabel = decoder.Label

// The kinds of a Point. A box is given by its two corners, before any clicks.
const (
	Negative       = decoder.Negative
	Positive       = decoder.Positive
	BoxTopLeft     = decoder.BoxTopLeft
	BoxBottomRight = decoder.BoxBottomRight
)

// Prompt marks one object on one slice, in native pixels.
//
//   - A mask alone is an outline: it becomes the slice's result exactly as drawn.
//   - Points alone mark an object to be found. Clicks without a box, on an object that has an outline or a box on another slice,
//     correct what tracking finds (except in the Official order, which uses all points before tracking).
//   - A mask with points is refined: the points correct it.
//
// Points that the weights were not trained with become outlines without the network (packages volume/click and volume/carry).
type Prompt struct {
	Slice  int
	Object int // the object's label, any number but 0; prompts with the same number belong together
	Mask   []bool
	Points []Point

	found bool // the mask was found from points
}

// outline reports whether the prompt's mask is the result.
func (p Prompt) outline() bool { return p.Mask != nil && len(p.Points) == 0 }

// check returns an error for a prompt that does not work on slices of h x w pixels.
func (p Prompt) check(h, w int) error {
	switch {
	case p.Object == 0:
		return fmt.Errorf("slmsam: the prompt on slice %d is for object 0, which is the background", p.Slice)
	case p.Mask == nil && len(p.Points) == 0:
		return fmt.Errorf("slmsam: the prompt for object %d on slice %d has neither a mask nor points", p.Object, p.Slice)
	case p.Mask != nil && len(p.Mask) != h*w:
		return fmt.Errorf("slmsam: the mask for object %d on slice %d has %d pixels, the slice %d x %d", p.Object, p.Slice, len(p.Mask), h, w)
	case p.Mask != nil && !slices.Contains(p.Mask, true):
		return fmt.Errorf("slmsam: the mask for object %d on slice %d is empty", p.Object, p.Slice)
	}
	return p.checkPoints(h, w)
}

// checkPoints returns an error for points off a slice of h x w pixels, and for corners that are not those of one box.
func (p Prompt) checkPoints(h, w int) error {
	for i, pt := range p.Points {
		if !(pt.X >= -1 && pt.Y >= -1 && pt.X <= float64(w) && pt.Y <= float64(h)) { // also for NaN; a box may go around the slice
			return fmt.Errorf("slmsam: the point (%g, %g) of object %d is not on slice %d, which has %d x %d pixels", pt.X, pt.Y, p.Object, p.Slice, w, h)
		}
		corner := pt.Label == BoxTopLeft && i == 0 && len(p.Points) > 1 && p.Points[1].Label == BoxBottomRight ||
			pt.Label == BoxBottomRight && i == 1 && p.Points[0].Label == BoxTopLeft
		if pt.Label != Positive && pt.Label != Negative && !corner {
			return fmt.Errorf("slmsam: point %d of object %d on slice %d: want clicks, after at most two corners of a box, top left and bottom right", i, p.Object, p.Slice)
		}
	}
	return nil
}

// clicksAlone reports whether a prompt has neither a mask nor a box.
func (p Prompt) clicksAlone() bool { return p.Mask == nil && !slices.Contains(p.kinds(), PromptBox) }

// kinds lists what a prompt consists of, as in Trained.Prompts.
func (p Prompt) kinds() []string {
	var out []string
	if p.Mask != nil {
		out = append(out, PromptMask)
	}
	for _, pt := range p.Points {
		kind := PromptClick
		if pt.Label == BoxTopLeft || pt.Label == BoxBottomRight {
			kind = PromptBox
		}
		if !slices.Contains(out, kind) {
			out = append(out, kind)
		}
	}
	return out
}
