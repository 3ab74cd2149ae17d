package slmsam

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
	"github.com/seed-6f79f512/slmsam/volume/click"
)

// ErrNothingLeft means that clicks outside an object took all of its mask away.
var ErrNothingLeft = errors.New("the clicks leave nothing of it: mark it as absent there instead")

// reads reports whether the network itself takes a prompt: it is a mask alone, or the weights were trained with its clicks and
// boxes. A model that uses its prior alone reads masks only.
func (m *Model) reads(p Prompt, opt Options) bool {
	t := m.Config.Trained
	switch {
	case p.outline():
		return true
	case m.Config.PriorAlone:
		return false
	}
	return t == nil || opt.Untrained || !slices.ContainsFunc(p.kinds(), func(kind string) bool { return !t.Knows(kind) })
}

// outlines returns the prompts with outlines in place of clicks and boxes that the network does not read. Clicks alone, on an
// object that has more on another slice, are left: they correct what tracking finds.
func (m *Model) outlines(ctx context.Context, r Request) ([]Prompt, error) {
	more := map[int]bool{} // by object
	for _, p := range r.Prompts {
		more[p.Object] = more[p.Object] || !p.clicksAlone() && r.Order != Official
	}
	out := slices.Clone(r.Prompts)
	for i, p := range out {
		if m.reads(p, r.Options) || p.clicksAlone() && more[p.Object] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if out[i], err = marked(r.Slices, p, p.Mask); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// corrected returns clicks on a tracked slice as outlines: what they make of what was found there.
func (p *propagation) corrected(on []Prompt, found Found) ([]Prompt, error) {
	h, w := p.slices.Size()
	out := make([]Prompt, len(on))
	for i, pr := range on {
		var before []bool
		if !found.present[i] && len(pr.clicks(h, w).On) == 0 {
			return nil, fmt.Errorf("slmsam: object %d is not found on slice %d without the clicks outside it, either: leave them out, or mark it as absent there", pr.Object, pr.Slice)
		}
		if found.present[i] {
			side := sideOf(len(found.Low[i]))
			before = masks.Positive(volume.ResizeBilinear(found.Low[i], side, side, h, w))
		}
		var err error
		if out[i], err = marked(p.slices, pr, before); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// marked returns a prompt's clicks and box as an outline, found without the network: package carry segments what is in the box, and
// package click what is clicked on. before, [h,w] or nil, was there before; the clicks correct it, and it ends at the box.
func marked(s Slices, p Prompt, before []bool) (Prompt, error) {
	h, w := s.Size()
	values, box, clicks := s.Intensity(p.Slice), p.box(h, w), p.clicks(h, w)
	mask := both(before, box)
	if box != nil {
		mask = closeUp(s, p.Slice, box, func(gray []uint8, small func([]bool) []bool) []bool {
			return carry.Boxed(gray, small(box), small(mask), priorSide)
		})
	}
	switch {
	case slices.Contains(mask, true):
		mask = both(click.Correct(values, h, w, mask, clicks), box)
	case len(clicks.On) > 0:
		rough := click.Segment(values, h, w, clicks, nil)
		mask = closeUp(s, p.Slice, rough, func(gray []uint8, small func([]bool) []bool) []bool {
			return carry.Adapted(gray, small(rough), priorSide)
		})
	default:
		return Prompt{}, fmt.Errorf("slmsam: object %d on slice %d has only clicks outside it: add one on it, or outline it", p.Object, p.Slice)
	}
	if !slices.Contains(mask, true) {
		return Prompt{}, fmt.Errorf("slmsam: object %d on slice %d: %w", p.Object, p.Slice, ErrNothingLeft)
	}
	return Prompt{Slice: p.Slice, Object: p.Object, Mask: mask, found: true}, nil
}

// both returns the pixels that are in two masks; a nil box holds all of them.
func both(mask, box []bool) []bool {
	if box == nil || mask == nil {
		return mask
	}
	out := slices.Clone(mask)
	for i, on := range box {
		out[i] = out[i] && on
	}
	return out
}

// clicks returns a prompt's clicks as pixels of its slice [h,w], without those that a crop leaves out.
func (p Prompt) clicks(h, w int) click.Clicks {
	var out click.Clicks
	for _, pt := range p.Points {
		if pt.X < -1 || pt.Y < -1 || pt.X > float64(w) || pt.Y > float64(h) {
			continue
		}
		at := click.Spot{Y: min(max(int(pt.Y+0.5), 0), h-1), X: min(max(int(pt.X+0.5), 0), w-1)}
		switch pt.Label {
		case Positive:
			out.On = append(out.On, at)
		case Negative:
			out.Off = append(out.Off, at)
		}
	}
	return out
}

// closeUpCrop is the side of what closeUp shows, relative to the area's size.
const closeUpCrop = 3.3

// closeUp shows find the surroundings of an area [h,w] of a slice as the prior sees them: gray values [priorSide,priorSide], and a
// function that brings masks [h,w] to that size (nil stays nil). It returns the mask that find finds, [h,w], or the area itself
// if that is too small to see.
func closeUp(s Slices, slice int, area []bool, find func(gray []uint8, small func([]bool) []bool) []bool) []bool {
	h, w := s.Size()
	c := Around([]Prompt{{Mask: area}}, h, w, closeUpCrop)
	seen := s.cropped(c)
	seen.Window = LocalWindow(s.Intensity(slice), area, h, w)
	height, width := c.Size()
	small := func(mask []bool) []bool {
		if mask == nil {
			return nil
		}
		return volume.ResizeMask(volume.Cut(mask, w, c), height, width, priorSide)
	}
	found := find(volume.ResizePIL(seen.Gray(slice), height, width, priorSide, priorSide, volume.Bicubic), small)
	cut := masks.Positive(volume.ResizeBilinear(maskLogits(found), priorSide, priorSide, height, width))
	if !slices.Contains(cut, true) {
		return area
	}
	return volume.Paste(cut, h, w, c, false)
}
