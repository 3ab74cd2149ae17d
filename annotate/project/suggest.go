package project

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
)

// Hint says roughly where an object is on a slice.
type Hint struct {
	Slice  int
	Mask   []bool // the mask [h,w] to correct; nil: there is none yet
	Box    *Box
	Clicks []Click // in the order in which they were made
}

// Box is a rectangle around an object, from its first to its last pixel. The corners may be in any order.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Click is a point on the object or, if Away, outside it.
type Click struct {
	X, Y float64
	Away bool
}

// maxClicks bounds the number of clicks in a hint.
const maxClicks = 100

// Suggest returns the model's mask [h,w] for a hint on a single slice, or nil if the model finds nothing there. The document does
// not change. If a job of the document is queued or running, it restarts afterward, because the outlines are about to
// change.
func (p *Project) Suggest(ctx context.Context, d *Document, hint Hint) ([]bool, error) {
	prompt, err := hint.prompt(d.grid)
	if err != nil {
		return nil, err
	}
	image, release, err := p.Image(d)
	if err != nil {
		return nil, err
	}
	defer release()
	window, err := p.Window(image)
	if err != nil {
		return nil, err
	}
	p.deferJob(d)
	defer p.resumeJob(d)
	result, err := p.segment(ctx, slmsam.Request{
		Slices:  slmsam.Slices{Volume: image.Volume, Axis: d.grid.axis, Window: window},
		Prompts: []slmsam.Prompt{prompt}, Options: slmsam.Options{First: hint.Slice, End: hint.Slice + 1},
	})
	if errors.Is(err, slmsam.ErrNothingLeft) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("suggest an outline: %w", err)
	}
	mask := slmsam.MaskOf(result.Labels.Slice(d.grid.axis, hint.Slice), suggested)
	if !slices.Contains(mask, true) {
		return nil, nil
	}
	return mask, nil
}

// suggested is the label of the object in a suggestion.
const suggested = 1

// prompt returns a hint as a prompt for the model, or an InputError.
func (h Hint) prompt(g grid) (slmsam.Prompt, error) {
	out := slmsam.Prompt{Slice: h.Slice, Object: suggested, Mask: h.Mask}
	if h.Slice < 0 || h.Slice >= g.slices() {
		return out, annotate.Inputf("slice %d is not within the volume's 0 to %d", h.Slice, g.slices()-1)
	}
	if h.Box == nil && len(h.Clicks) == 0 || len(h.Clicks) > maxClicks {
		return out, annotate.Inputf("want a box, or 1 to %d clicks", maxClicks)
	}
	height, width := g.size()
	add := func(label slmsam.PointLabel, x, y float64) error {
		if !(x >= -0.5 && y >= -0.5 && x <= float64(width)-0.5 && y <= float64(height)-0.5) { // also refuses NaN
			return annotate.Inputf("the point (%g, %g) is outside the slice of %d x %d pixels", x, y, width, height)
		}
		out.Points = append(out.Points, slmsam.Point{X: x, Y: y, Label: label})
		return nil
	}
	if b := h.Box; b != nil {
		err := errors.Join(add(slmsam.BoxTopLeft, math.Min(b.X0, b.X1), math.Min(b.Y0, b.Y1)),
			add(slmsam.BoxBottomRight, math.Max(b.X0, b.X1), math.Max(b.Y0, b.Y1)))
		if err != nil {
			return out, err
		}
		if b.X0 == b.X1 || b.Y0 == b.Y1 {
			return out, annotate.Inputf("the box is empty: drag it around the object")
		}
	}
	for _, c := range h.Clicks {
		label := slmsam.Positive
		if c.Away {
			label = slmsam.Negative
		}
		if err := add(label, c.X, c.Y); err != nil {
			return out, err
		}
	}
	return out, nil
}
