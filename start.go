package slmsam

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/volume"
)

// start puts a group's prompts into memory, passes on their results, and gives every leg its tracker: one that
// remembers only the leg's outline or, in the Official order, one that remembers all of them.
func (p *propagation) start(ctx context.Context, gr *group, out *outcome) error {
	anchors := map[int]*Tracker{} // by slice
	var shared *Tracker
	for _, slice := range gr.outlined() {
		if p.opt.Order != Official && !gr.needs(slice) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		t := shared
		if t == nil {
			t = p.newTracker(gr)
		}
		if p.opt.Order == Official {
			shared = t
		}
		anchors[slice] = t
		if err := p.outline(gr, t, slice, out); err != nil {
			return err
		}
	}
	corrected := map[int]*Tracker{}
	for _, slice := range slices.Sorted(maps.Keys(gr.corrections)) {
		t, err := p.correct(ctx, gr, anchors, slice, out)
		if err != nil {
			return err
		}
		corrected[slice] = t
	}
	maps.Copy(anchors, corrected)
	for _, l := range gr.legs {
		if l.last == l.from {
			continue // none of its slices is wanted
		}
		if l.tracker = shared; shared == nil {
			l.tracker = p.own(anchors[l.from].Fork())
		}
		l.tracker.StartAt(l.from)
	}
	return nil
}

// newTracker returns a tracker of a group's objects that is closed with the propagation.
func (p *propagation) newTracker(gr *group) *Tracker {
	opt := TrackOptions{Memory: p.opt.Memory, FillHoles: holeArea, BF16: p.opt.BF16}
	if p.opt.KeepHoles {
		opt.FillHoles = 0
	}
	return p.own(p.model.NewTracker(p.g, len(gr.objects), p.slices.Len(), opt))
}

// own registers a tracker to be closed with the propagation.
func (p *propagation) own(t *Tracker) *Tracker {
	p.trackers = append(p.trackers, t)
	return t
}

// holeArea is the released predictor's fill_hole_area, in pixels at stride 4.
const holeArea = 8

// outline gives a tracker a group's prompts on a slice.
func (p *propagation) outline(gr *group, t *Tracker, slice int, out *outcome) error {
	of := gr.outlines[slice]
	var found Found
	err := p.withImage(t, slice, false, of, func(im Image) (err error) {
		switch {
		case of[0].outline():
			var masks [][]bool
			if masks, err = p.masks(of); err == nil {
				found, err = t.PromptMasks(im, slice, masks)
			}
		case of[0].Mask != nil:
			var earlier [][]float32
			if earlier, err = p.logits(of); err == nil {
				found, err = t.PromptPoints(im, slice, p.points(of), earlier)
			}
		default:
			found, err = t.PromptPoints(im, slice, p.points(of), nil)
		}
		return err
	})
	if err != nil {
		return err
	}
	how := prompted
	if of[0].outline() && !of[0].found {
		how = outlined
	}
	return p.finish(out, gr, slice, found, how)
}

// correct tracks a group from its nearest outline to a slice, lets points correct what is found there, and returns a
// tracker that remembers only that.
func (p *propagation) correct(ctx context.Context, gr *group, anchors map[int]*Tracker, slice int, out *outcome) (*Tracker, error) {
	from := -1
	for s := range anchors {
		if d, best := max(s-slice, slice-s), max(from-slice, slice-from); from < 0 || d < best || d == best && s < from {
			from = s
		}
	}
	way := reach{from: from, last: slice, reverse: slice < from}
	t := p.own(anchors[from].Fork())
	t.StartAt(from)
	var found Found
	for _, s := range way.slices() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		err := p.withImage(t, s, way.reverse, nil, func(im Image) (err error) {
			found, err = t.Track(im, s, way.reverse, gr.known(s, p.opt.Order))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if err := p.correctFound(gr, t, slice, way.reverse, &found); err != nil {
		return nil, err
	}
	return t.Only(slice), p.finish(out, gr, slice, found, prompted)
}

// correctFound lets points correct what a tracker has just found on a slice: the network does, or package click if the network
// does not read points.
func (p *propagation) correctFound(gr *group, t *Tracker, slice int, reverse bool, found *Found) (err error) {
	on := gr.corrections[slice]
	if p.model.reads(on[0], p.opt) {
		return p.withImage(t, slice, reverse, on, func(im Image) error {
			*found, err = t.Correct(im, slice, reverse, p.points(on), found.Low)
			return err
		})
	}
	if on, err = p.corrected(on, *found); err != nil {
		return err
	}
	gr.corrections[slice] = on
	return p.withImage(t, slice, reverse, on, func(im Image) error {
		masks, err := p.masks(on)
		if err == nil {
			*found, err = t.PromptMasks(im, slice, masks)
		}
		return err
	})
}

// finish passes on the results of prompts and counts the step.
func (p *propagation) finish(out *outcome, gr *group, slice int, found Found, how origin) error {
	if gr.wanted(slice) {
		if err := p.put(out, gr, slice, found, how); err != nil {
			return err
		}
	}
	return out.step(slice, gr.objects)
}

// masks resizes mask prompts to the model's size, [S,S] each.
func (p *propagation) masks(of []Prompt) ([][]bool, error) {
	h, w := p.slices.Size()
	size := p.model.Config.ImageSize
	masks := make([][]bool, len(of))
	for i, pr := range of {
		masks[i] = volume.ResizeMask(pr.Mask, h, w, size)
		if !slices.Contains(masks[i], true) {
			what := "the mask"
			if pr.found {
				what = "what was found"
			}
			return nil, fmt.Errorf("%s of object %d on slice %d is so small that it vanishes at the model's %d x %d: use a smaller crop, or a larger resolution",
				what, pr.Object, pr.Slice, size, size)
		}
	}
	return masks, nil
}

// logits resizes mask prompts to low-resolution logits, [4g,4g] each, as in the result of a mask prompt.
func (p *propagation) logits(of []Prompt) ([][]float32, error) {
	masks, err := p.masks(of)
	if err != nil {
		return nil, err
	}
	size, side := p.model.Config.ImageSize, 4*p.model.Config.Grid()
	out := make([][]float32, len(masks))
	for i, mask := range masks {
		out[i] = volume.ResizeAntialias(maskLogits(mask), size, size, side, side)
	}
	return out, nil
}

// maskLogits returns a mask as logits of -10 and 10.
func maskLogits(mask []bool) []float32 {
	out := make([]float32, len(mask))
	for i, on := range mask {
		out[i] = decoder.MaskBias
		if on {
			out[i] += decoder.MaskScale
		}
	}
	return out
}

// points converts the prompts' points to pixels of the S x S image.
func (p *propagation) points(of []Prompt) [][]Point {
	h, w := p.slices.Size()
	size := float64(p.model.Config.ImageSize)
	points := make([][]Point, len(of))
	for i, pr := range of {
		for _, pt := range pr.Points {
			pt.X *= size / float64(w)
			pt.Y *= size / float64(h)
			points[i] = append(points[i], pt)
		}
	}
	return points
}
