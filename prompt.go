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
//   - Points alone mark an object to be found. If the object has an outline elsewhere, they correct what tracking finds on
//     the slice (except in the Official order, which uses all points before tracking).
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
	return nil
}

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
