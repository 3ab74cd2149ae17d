package slmsam

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
	"github.com/seed-6f79f512/slmsam/volume/click"
)

// fromClicks returns the prompts with outlines in place of clicks, for a model that uses its prior alone: package click finds what is
// clicked on, or corrects a mask. Boxes without clicks are left to the prior.
func (m *Model) fromClicks(r Request) ([]Prompt, error) {
	out := slices.Clone(r.Prompts)
	for i, p := range out {
		if !slices.Contains(p.kinds(), PromptClick) {
			continue
		}
		h, w := r.Slices.Size()
		clicks := p.clicks(h, w)
		values := r.Slices.Intensity(p.Slice)
		switch {
		case p.Mask != nil:
			p.Mask = click.Correct(values, h, w, p.Mask, clicks)
		case len(clicks.On) == 0:
			return nil, fmt.Errorf("slmsam: object %d on slice %d has only clicks outside it: add one on the object", p.Object, p.Slice)
		default:
			found := click.Segment(values, h, w, clicks, coveredBy(p, h, w))
			p.Mask = m.adapted(r, p.Slice, values, found)
		}
		if p.Points = nil; !slices.Contains(p.Mask, true) {
			return nil, fmt.Errorf("slmsam: the clicks leave nothing of object %d on slice %d", p.Object, p.Slice)
		}
		out[i] = p
	}
	return out, nil
}

// clicks returns a prompt's clicks as pixels of its slice [h,w].
func (p Prompt) clicks(h, w int) click.Clicks {
	var out click.Clicks
	for _, pt := range p.Points {
		at := click.Spot{Y: min(max(int(math.Round(pt.Y)), 0), h-1), X: min(max(int(math.Round(pt.X)), 0), w-1)}
		switch pt.Label {
		case Positive:
			out.On = append(out.On, at)
		case Negative:
			out.Off = append(out.Off, at)
		}
	}
	return out
}

// adapted returns a rough mask [h,w] after its outline has been adapted to the gray values around it, as the prior sees them. values
// [h,w] are the slice's intensities.
func (m *Model) adapted(r Request, slice int, values []float32, rough []bool) []bool {
	h, w := r.Slices.Size()
	c := volume.WholeSlice(h, w)
	if crop := m.Crop(r.Options); crop > 0 {
		c = Around([]Prompt{{Mask: rough}}, h, w, crop)
	}
	seen := r.Slices.cropped(c)
	seen.Window = LocalWindow(values, rough, h, w)
	height, width := c.Size()
	side := m.Config.PriorSide()
	gray := m.Config.PriorGray(seen.Gray(slice), height, width)
	fine := carry.Adapted(gray, m.Config.PriorMask(volume.Cut(rough, w, c), height, width), side)
	cut := masks.Positive(volume.ResizeBilinear(maskLogits(fine), side, side, height, width))
	if !slices.Contains(cut, true) { // too small for the prior
		return rough
	}
	return volume.Paste(cut, h, w, c, false)
}
