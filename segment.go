package slmsam

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Segment propagates prompts through a volume: from outlines on a few slices to a label map of all of them. Each
// object's number is its label. What the annotator drew is kept exactly, and where objects claim the same pixel, the
// more certain one gets it. When ctx ends, the work stops, even within a slice.
//
// Errors name the prompt or the setting that cannot be used; *UntrainedError means that the weights were not trained
// with it. A score that is not a number indicates damaged weights.
func (m *Model) Segment(ctx context.Context, r Request) (*Result, error) {
	if err := m.check(&r); err != nil {
		return nil, err
	}
	var err error
	if r.Prompts, err = m.outlines(ctx, r); err != nil {
		return nil, err
	}
	release, err := m.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	defer m.graph.Free()
	out := newOutcome(&r, m.heldInMemory)
	defer out.halves.Close()
	for _, part := range m.parts(r) {
		out.total += part.steps()
		part.count(out.merger.toCome)
		out.parts = append(out.parts, part)
	}
	err = m.graph.Interruptible(ctx, func() error {
		if out.competing() {
			return out.nearestFirst(ctx)
		}
		for _, part := range out.parts {
			if err := part.run(ctx, out); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.result(), nil
}

// parts splits the request by view: everything on whole slices or, with a crop or a prior, each object by itself.
func (m *Model) parts(r Request) []*propagation {
	h, w := r.Slices.Size()
	crop := m.Crop(r.Options)
	if crop == 0 && m.prior == nil {
		return []*propagation{m.propagation(r.Slices, volume.WholeSlice(h, w), r.groups(maxGroup), r.Options)}
	}
	var out []*propagation
	for _, gr := range r.groups(1) {
		c := volume.WholeSlice(h, w)
		if crop > 0 {
			c = Around(gr.all(), h, w, crop)
		}
		seen := m.localWindow(r.Slices, gr.all()).cropped(c)
		gr.cut(w, c)
		out = append(out, m.propagation(seen, c, []*group{gr}, r.Options))
	}
	return out
}

// propagation is the work on objects that share a view of the volume.
type propagation struct {
	model    *Model
	g        *nn.Graph
	slices   Slices
	crop     volume.Crop // the view, on the volume's slices
	opt      Options
	groups   []*group
	visits   []visit
	trackers []*Tracker
	toCome   map[int]int // visits still due, by slice
}

// propagation plans the work on groups that see slices s, which are cut to c.
func (m *Model) propagation(s Slices, c volume.Crop, groups []*group, opt Options) *propagation {
	p := &propagation{model: m, g: m.graph, slices: s, crop: c, opt: opt, groups: groups, toCome: map[int]int{}}
	p.visits = p.plan()
	for _, v := range p.visits {
		p.toCome[v.slice]++
	}
	return p
}

// steps is the number of prompts and slices to process.
func (p *propagation) steps() int {
	n := len(p.visits)
	for _, gr := range p.groups {
		n += len(gr.corrections)
		for slice := range gr.outlines {
			if p.opt.Order == Official || gr.needs(slice) {
				n++
			}
		}
	}
	return n
}

// count adds the number of objects that will be found on each slice.
func (p *propagation) count(found map[int]int) {
	for _, gr := range p.groups {
		on := gr.anchors()
		for _, l := range gr.legs {
			on = append(on, l.slices()...)
		}
		slices.Sort(on)
		for _, slice := range slices.Compact(on) {
			if gr.wanted(slice) {
				found[slice] += len(gr.objects)
			}
		}
	}
}

// run does the work; every prompt is in memory before tracking starts.
func (p *propagation) run(ctx context.Context, out *outcome) error {
	defer p.close()
	if err := p.begin(ctx, out); err != nil {
		return err
	}
	for _, v := range p.visits {
		if err := p.visit(ctx, v, out); err != nil {
			return err
		}
	}
	return nil
}

// begin puts every prompt into memory.
func (p *propagation) begin(ctx context.Context, out *outcome) error {
	for _, gr := range p.groups {
		if err := p.start(ctx, gr, out); err != nil {
			return err
		}
	}
	return nil
}

// visit tracks the objects of every leg that passes a slice.
func (p *propagation) visit(ctx context.Context, v visit, out *outcome) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var done []int
	p.toCome[v.slice]--
	err := p.withImage(v.legs[0].tracker, v.slice, v.reverse, nil, func(im Image) error {
		for _, l := range v.legs {
			if out.competing() {
				l.tracker.claims = p.claims(out, l.objects[0], v.slice)
			}
			found, err := l.tracker.Track(im, v.slice, v.reverse, l.known(v.slice, p.opt.Order))
			if err != nil {
				return err
			}
			found, whole, err := out.meet(l, v.slice, found)
			if err != nil {
				return err
			}
			if !whole || !l.wanted(v.slice) {
				continue
			}
			if err := p.put(out, l.group, v.slice, found, tracked); err != nil {
				return err
			}
			done = append(done, l.objects...)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return out.step(v.slice, done)
}

// put passes what was found on to the outcome, at native size. Masks that were drawn stay exactly as they are, those that were
// found from points without the network, as far as no other object claims their pixels.
func (p *propagation) put(out *outcome, gr *group, slice int, found Found, how origin) error {
	h, w := p.slices.Size()
	for i, object := range gr.objects {
		f := finding{object: object, slice: slice, origin: how, score: found.Score[i], agreement: found.agreement(i)}
		switch on := gr.prompt(slice, i); {
		case how == outlined:
			f.mask = on.Mask
		case how == prompted && on.found:
			f.logits = maskLogits(on.Mask)
		default:
			side := sideOf(len(found.Low[i]))
			f.logits = volume.ResizeBilinear(found.Low[i], side, side, h, w)
		}
		if err := out.add(f, p.crop); err != nil {
			return err
		}
	}
	return nil
}

// withImage calls f with a slice's features, which are freed afterwards. The prior of t, which passes the slice in
// the given direction, may add to what the network sees; on holds the prompts on the slice.
func (p *propagation) withImage(t *Tracker, slice int, reverse bool, on []Prompt, f func(Image) error) error {
	var err error
	p.g.Scoped(func() []*nn.Tensor {
		if p.model.prior != nil {
			t.observe(p.slices, slice, reverse, on)
		}
		im := Image{}
		if !p.model.Config.PriorAlone {
			im, err = p.image(t, slice)
		}
		if err == nil {
			err = f(im)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("slice %d: %w", slice, err)
	}
	return nil
}

// image computes a slice's features; with a prior, what it expects there is part of the input.
func (p *propagation) image(t *Tracker, slice int) (Image, error) {
	h, w := p.slices.Size()
	gray := p.slices.Gray(slice)
	if p.model.prior != nil {
		size := p.model.Config.ImageSize
		gray = volume.ResizePIL(gray, h, w, size, size, volume.Bicubic)
		return p.model.Encode(p.g, t.priors.pixels(p.g, [][]uint8{gray})), nil
	}
	keep := p.model.Features != nil && (!p.model.Features.passing || p.toCome[slice] > 0)
	return p.model.encodeGray(gray, h, w, keep)
}

// close releases the trackers' memory.
func (p *propagation) close() {
	for _, t := range p.trackers {
		t.Close()
	}
}
