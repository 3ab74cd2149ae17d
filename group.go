package slmsam

import (
	"fmt"
	"slices"
	"sort"

	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume"
)

// group is a set of objects with the same kinds of prompts and the same known spans on the same slices; they are
// tracked as one batch.
type group struct {
	objects     []int
	outlines    map[int][]Prompt // by slice, one per object: what tracking starts from
	corrections map[int][]Prompt // likewise: points on slices that are tracked first and then corrected
	present     []Span           // slices known to contain the objects
	absent      []Span           // slices known not to contain them
	only        []Span           // slices to compute; nil: all
	legs        []*leg
}

// maxGroup bounds the objects tracked as one batch, and with it the memory per slice.
const maxGroup = 8

// groups sorts the prompts into batches of at most size objects, ordered by object number.
func (r *Request) groups(size int) []*group {
	byObject := map[int][]Prompt{}
	for _, p := range r.Prompts {
		byObject[p.Object] = append(byObject[p.Object], p)
	}
	objects := make([]int, 0, len(byObject))
	for o := range byObject {
		if r.Earlier == nil || r.Only[o] != nil {
			objects = append(objects, o)
		}
	}
	sort.Ints(objects)
	open := map[string]*group{}
	var out []*group
	for _, o := range objects {
		of := byObject[o]
		sort.Slice(of, func(i, j int) bool { return of[i].Slice < of[j].Slice })
		key := r.key(o, of)
		gr := open[key]
		if gr == nil || len(gr.objects) == size {
			gr = &group{outlines: map[int][]Prompt{}, corrections: map[int][]Prompt{},
				present: r.present(o), absent: r.absent(o), only: r.Only[o]}
			open[key] = gr
			out = append(out, gr)
		}
		gr.objects = append(gr.objects, o)
		corrects := r.Order != Official && slices.ContainsFunc(of, func(p Prompt) bool { return !p.clicksAlone() })
		for _, p := range of {
			to := gr.outlines
			if corrects && p.clicksAlone() {
				to = gr.corrections
			}
			to[p.Slice] = append(to[p.Slice], p)
		}
	}
	return out
}

// key is equal for objects that can be tracked as one batch.
func (r *Request) key(object int, prompts []Prompt) string {
	key := fmt.Sprint(r.present(object), r.absent(object), r.Only[object])
	for _, p := range prompts {
		key += fmt.Sprintf(" %d:%v:%d:%t", p.Slice, p.kinds(), len(p.Points), p.found)
	}
	return key
}

// outlined lists the slices that tracking starts from, in ascending order.
func (gr *group) outlined() []int {
	var out []int
	for slice := range gr.outlines {
		out = append(out, slice)
	}
	slices.Sort(out)
	return out
}

// anchors lists the slices that legs start from, outlined and corrected ones, in ascending order.
func (gr *group) anchors() []int {
	out := gr.outlined()
	for slice := range gr.corrections {
		out = append(out, slice)
	}
	slices.Sort(out)
	return out
}

// shorten ends a reach at the last slice that is wanted.
func (gr *group) shorten(r reach) reach {
	way := r.slices()
	for len(way) > 0 && !gr.wanted(way[len(way)-1]) {
		way = way[:len(way)-1]
	}
	if r.last = r.from; len(way) > 0 {
		r.last = way[len(way)-1]
	}
	return r
}

// known reports whether the objects are known to be on a slice: the user says so, or it lies between two outlines.
func (gr *group) known(slice int, order Order) bool {
	if anyContains(gr.present, slice) {
		return true
	}
	on := gr.anchors()
	return order != Official && slice > on[0] && slice < on[len(on)-1]
}

// needs reports whether an outlined slice matters: its own result is wanted, or that of slices reached from it.
func (gr *group) needs(slice int) bool {
	return gr.wanted(slice) || len(gr.corrections) > 0 ||
		slices.ContainsFunc(gr.legs, func(l *leg) bool { return l.from == slice && l.last != l.from })
}

// cut moves the prompts from slices with w pixels per row into a crop.
func (gr *group) cut(w int, c volume.Crop) {
	for _, prompts := range []map[int][]Prompt{gr.outlines, gr.corrections} {
		for _, of := range prompts {
			for i, p := range of {
				if p.Mask != nil {
					p.Mask = volume.Cut(p.Mask, w, c)
				}
				p.Points = slices.Clone(p.Points)
				for k := range p.Points {
					p.Points[k].X -= float64(c.X0)
					p.Points[k].Y -= float64(c.Y0)
				}
				of[i] = p
			}
		}
	}
}

// prompt returns the prompt of the group's i-th object on a slice; the zero Prompt if there is none.
func (gr *group) prompt(slice, i int) Prompt {
	for _, prompts := range []map[int][]Prompt{gr.outlines, gr.corrections} {
		if of := prompts[slice]; of != nil {
			return of[i]
		}
	}
	return Prompt{}
}

// all lists the group's prompts.
func (gr *group) all() []Prompt {
	var out []Prompt
	for _, prompts := range []map[int][]Prompt{gr.outlines, gr.corrections} {
		for _, of := range prompts {
			out = append(out, of...)
		}
	}
	return out
}

// area is the total size of the outlines on a slice, in pixels.
func (gr *group) area(slice int) int {
	n := 0
	for _, p := range gr.outlines[slice] {
		n += masks.Area(p.Mask)
	}
	return n
}

// wanted reports whether a slice's result is asked for.
func (gr *group) wanted(slice int) bool { return gr.only == nil || anyContains(gr.only, slice) }
