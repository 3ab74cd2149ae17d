package slmsam

import (
	"fmt"
	"slices"
	"sort"

	"github.com/seed-6f79f512/slmsam/nn"
)

// plan checks the prompts and options and groups the objects by the slices they are prompted on.
func (m *Model) plan(g *nn.Graph, s Slices, prompts []Prompt, opt Options) (*propagation, error) {
	if opt.End == 0 {
		opt.End = s.Len()
	}
	if opt.First < 0 || opt.End > s.Len() || opt.First >= opt.End {
		return nil, fmt.Errorf("slmsam: slices %d:%d are not a range within the volume's %d", opt.First, opt.End, s.Len())
	}
	opt.Memory = m.Banks(opt)
	if err := opt.Memory.validate(m.Config.Frames); err != nil {
		return nil, err
	}
	if err := checkPrompts(s, prompts, opt); err != nil {
		return nil, err
	}
	p := &propagation{model: m, g: g, slices: s, opt: opt}
	track := TrackOptions{Memory: opt.Memory, FillHoles: holeArea, BF16: opt.BF16}
	if opt.KeepHoles {
		track.FillHoles = 0
	}
	for _, gr := range groupPrompts(prompts) {
		gr.Tracker = m.NewTracker(g, len(gr.objects), s.Len(), startOf(gr, opt.Direction), track)
		p.groups = append(p.groups, gr)
	}
	p.total = p.count()
	return p, nil
}

// checkPrompts reports a prompt that cannot be followed.
func checkPrompts(s Slices, prompts []Prompt, opt Options) error {
	if len(prompts) == 0 {
		return fmt.Errorf("slmsam: no prompt: at least one mask, point or box is needed")
	}
	h, w := s.Size()
	seen := map[[2]int]bool{}
	for _, p := range prompts {
		switch {
		case p.Slice < opt.First || p.Slice >= opt.End:
			return fmt.Errorf("slmsam: prompt on slice %d, outside the range %d:%d", p.Slice, opt.First, opt.End)
		case seen[[2]int{p.Slice, p.Object}]:
			return fmt.Errorf("slmsam: two prompts for object %d on slice %d", p.Object, p.Slice)
		case (p.Mask == nil) == (len(p.Points) == 0):
			return fmt.Errorf("slmsam: the prompt for object %d on slice %d must be either a mask or points", p.Object, p.Slice)
		case p.Mask != nil && len(p.Mask) != h*w:
			return fmt.Errorf("slmsam: the mask for object %d on slice %d has %d pixels, the slice %d x %d", p.Object, p.Slice, len(p.Mask), h, w)
		case p.Mask != nil && !slices.Contains(p.Mask, true):
			return fmt.Errorf("slmsam: the mask for object %d on slice %d is empty", p.Object, p.Slice)
		}
		seen[[2]int{p.Slice, p.Object}] = true
	}
	return nil
}

// maxGroup bounds the objects that are tracked as one batch, and with it the memory that a slice takes.
const maxGroup = 8

// groupPrompts puts objects together that are prompted on the same slices in the same way, so that they
// can be tracked as one batch of at most maxGroup.
func groupPrompts(prompts []Prompt) []*group {
	byObject := map[int][]Prompt{}
	for _, p := range prompts {
		byObject[p.Object] = append(byObject[p.Object], p)
	}
	objects := make([]int, 0, len(byObject))
	for o := range byObject {
		objects = append(objects, o)
	}
	sort.Ints(objects)
	groups := map[string]*group{}
	var order []*group
	for _, o := range objects {
		of := byObject[o]
		sort.Slice(of, func(i, j int) bool { return of[i].Slice < of[j].Slice })
		key := ""
		for _, p := range of {
			key += fmt.Sprintf("%d:%d ", p.Slice, len(p.Points))
		}
		gr := groups[key]
		if gr == nil || len(gr.objects) == maxGroup {
			gr = &group{prompts: map[int][]Prompt{}, ready: map[int][]ObjectResult{}}
			groups[key] = gr
			order = append(order, gr)
		}
		gr.objects = append(gr.objects, o)
		for _, p := range of {
			gr.prompts[p.Slice] = append(gr.prompts[p.Slice], p)
		}
	}
	return order
}

// startOf returns the slice a group starts from: its first prompt or, when only going backward, its last.
func startOf(gr *group, d Direction) int {
	first, last := -1, -1
	for s := range gr.prompts {
		if first < 0 || s < first {
			first = s
		}
		last = max(last, s)
	}
	if d == Backward {
		return last
	}
	return first
}

// count returns how many results will be emitted.
func (p *propagation) count() int {
	n := 0
	for _, reverse := range []bool{false, true} {
		if (reverse && p.opt.Direction == Forward) || (!reverse && p.opt.Direction == Backward) {
			continue
		}
		for _, slice := range p.order(reverse) {
			for _, gr := range p.groups {
				if gr.visits(slice, reverse, p.opt.Direction) {
					n++
					break
				}
			}
		}
	}
	return n
}

// visits says whether a sweep emits something of a group on a slice: prompted slices are emitted once, by
// the first sweep that comes by.
func (gr *group) visits(slice int, reverse bool, d Direction) bool {
	if gr.prompts[slice] == nil {
		return gr.reaches(slice, reverse)
	}
	if reverse && d == Both {
		return slice < gr.start
	}
	return !reverse && slice >= gr.start || reverse && slice <= gr.start
}
