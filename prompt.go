package slmsam

import (
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/decoder"
)

// Point is a click or a corner of a box, in pixels: x to the right, y down, the first pixel's center at (0, 0).
type Point = decoder.Point

// PointLabel is what a Point says.
type PointLabel = decoder.Label

// What a Point says. A box is its two corners, before any clicks.
const (
	Negative       = decoder.Negative
	Positive       = decoder.Positive
	BoxTopLeft     = decoder.BoxTopLeft
	BoxBottomRight = decoder.BoxBottomRight
)

// Prompt says where one object is on one slice, in native pixels.
//
//   - A mask alone is an outline: it is the slice's result, to the pixel.
//   - Points alone are looked for. Of an object that has an outline elsewhere they correct what tracking finds on
//     the slice (not in the Official order, which looks for all points before it tracks).
//   - A mask with points is refined: the points correct it.
type Prompt struct {
	Slice  int
	Object int // any number but 0: the object's label; prompts with the same number belong together
	Mask   []bool
	Points []Point
}

// outline says whether the prompt's mask is the result.
func (p Prompt) outline() bool { return p.Mask != nil && len(p.Points) == 0 }

// check reports a prompt that cannot be followed on slices of h x w pixels.
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

// kind is what a prompt consists of, for errors and for Config.Trained.
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
