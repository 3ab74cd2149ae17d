package slmsam

import (
	"slices"
	"sort"
)

// leg is a group's reach from one of its outlines.
type leg struct {
	*group
	reach
	tracker *Tracker // set once its outline is in memory
	area    int      // of its outline, in pixels, plus 1
}

// distance is how far a slice is from the leg's outline.
func (l *leg) distance(slice int) int { return distance(slice, l.from) }

// visit is a slice and the legs that pass it in one direction; its features are computed once for all of them.
type visit struct {
	slice   int
	reverse bool
	legs    []*leg
}

// plan lays out the legs of every group and the order of the visits. If all groups start from the same slices, or if
// features are cached, the slices nearest to an outline come first. Otherwise, all forward legs are walked together,
// slice by slice, and then all backward ones, so that no slice is encoded more than twice.
func (p *propagation) plan() []visit {
	at := map[[3]int]*visit{}
	var visits []*visit
	alike := p.startAlike()
	for k, gr := range p.groups {
		for _, r := range route(gr.anchors(), gr.absent, p.opt) {
			l := &leg{group: gr, reach: gr.shorten(r), area: gr.area(r.from) + 1}
			gr.legs = append(gr.legs, l)
			for _, slice := range l.slices() {
				if gr.outlines[slice] != nil { // the Official order passes other outlines
					continue
				}
				key := [3]int{slice}
				if l.reverse {
					key[1] = 1
				}
				if !alike && p.cachesAll() {
					key[2] = k
				}
				if at[key] == nil {
					at[key] = &visit{slice: slice, reverse: l.reverse}
					visits = append(visits, at[key])
				}
				at[key].legs = append(at[key].legs, l)
			}
		}
	}
	nearestFirst := p.opt.Order != Official && (alike || p.cachesAll())
	sort.SliceStable(visits, func(i, j int) bool { return visits[i].before(visits[j], nearestFirst) })
	out := make([]visit, len(visits))
	for i, v := range visits {
		out[i] = *v
	}
	return out
}

// cachesAll reports whether the features of all slices are cached, so that each group can be tracked in its own order.
func (p *propagation) cachesAll() bool {
	m := p.model
	return p.opt.Order != Official && m.cachesFeatures() && !m.Features.passing && m.Features.store.Room(m.featureLen()) >= p.opt.End-p.opt.First
}

// before orders visits.
func (v *visit) before(w *visit, nearestFirst bool) bool {
	if nearestFirst {
		if a, b := v.legs[0].distance(v.slice), w.legs[0].distance(w.slice); a != b {
			return a < b
		}
		return v.slice < w.slice
	}
	if v.reverse != w.reverse {
		return w.reverse
	}
	return (v.slice < w.slice) != v.reverse && v.slice != w.slice
}

// startAlike reports whether all groups start from the same slices.
func (p *propagation) startAlike() bool {
	for _, gr := range p.groups {
		if !slices.Equal(gr.anchors(), p.groups[0].anchors()) {
			return false
		}
	}
	return true
}
