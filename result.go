package slmsam

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/internal/spill"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Result is the output of Segment.
type Result struct {
	Labels  *volume.LabelMap // on the volume's grid
	Objects []Object         // in ascending order of labels
	Doubts  []Doubtful       // slices to check, most doubtful first
}

// Object is one label of a result.
type Object struct {
	Label    int
	Outlined []int     // slices with a prompt, in ascending order
	Slices   []Finding // the slices examined, in ascending order
}

// Finding is one object on one slice.
type Finding struct {
	Slice  int
	State  State
	Score  float32 // logit of the object being present, according to the model; NaN for kept slices
	Area   int     // pixels in the label map
	Doubts []Doubt // reasons to check the slice
}

// State says where an object's mask on a slice comes from.
type State string

// The states.
const (
	StateOutlined State = "outlined" // the annotator drew it
	StatePrompted State = "prompted" // found from points
	StateTracked  State = "tracked"
	StateAbsent   State = "absent" // tracked, but judged not to be there
	StateKept     State = "kept"   // unchanged from the earlier result
)

// origin says how a finding came about.
type origin int

const (
	tracked origin = iota
	prompted
	outlined
)

// finding is an object on a slice as reported by a propagation.
type finding struct {
	object, slice int
	origin        origin
	score         float32
	agreement     float64   // between both sides, or -1
	logits        []float32 // [h,w] of the propagation's crop; nil for outlines
	mask          []bool    // [h,w] likewise, only for outlines
}

// outcome is a result under construction.
type outcome struct {
	request     *Request
	merger      *merger
	parts       []*propagation
	halves      *spill.Pile[half]        // the first findings on slices that are reached from both sides
	found       map[int]map[int]*pending // by object, then slice
	done, total int
}

// pending is a finding whose area is not known yet.
type pending struct {
	Finding
	agreement float64
}

// newOutcome starts from nothing or, for a correction, from the earlier result without what is recomputed. heldInMemory
// bounds the bytes of halves in memory.
func newOutcome(r *Request, heldInMemory int64) *outcome {
	labels := volume.NewLabelMap(r.Slices.Volume)
	o := &outcome{request: r, merger: newMerger(labels, r.Slices.Axis), halves: spill.NewPile[half](heldInMemory), found: map[int]map[int]*pending{}}
	for _, p := range r.Prompts {
		o.found[p.Object] = map[int]*pending{}
	}
	if r.Earlier == nil {
		return o
	}
	copy(labels.Data, r.Earlier.Data)
	labels.Legend = r.Earlier.Legend
	for object, spans := range r.Only {
		for _, s := range spans {
			for i := s.First; i < s.End; i++ {
				o.merger.erase(i, object)
			}
		}
	}
	return o
}

// add records a finding made in a crop of the slices.
func (o *outcome) add(f finding, c volume.Crop) error {
	if score := float64(f.score); math.IsNaN(score) || math.IsInf(score, 0) {
		return fmt.Errorf("slmsam: slice %d: the model's score for label %d is %v: the weights are damaged, or do not belong to this configuration",
			f.slice, f.object, f.score)
	}
	s := o.request.Slices
	h, w := s.Size()
	state := map[origin]State{tracked: StateTracked, prompted: StatePrompted, outlined: StateOutlined}[f.origin]
	if f.origin == outlined {
		o.merger.add(f.slice, f.object, nil, volume.Paste(f.mask, h, w, c, false))
	} else {
		if f.origin == tracked && !slices.ContainsFunc(f.logits, func(l float32) bool { return l > 0 }) {
			state = StateAbsent
		}
		o.merger.add(f.slice, f.object, volume.Paste(f.logits, h, w, c, 0), nil)
	}
	o.found[f.object][f.slice] = &pending{Finding: Finding{Slice: f.slice, State: state, Score: f.score}, agreement: f.agreement}
	return nil
}

// step counts a finished step and reports it.
func (o *outcome) step(slice int, objects []int) error {
	o.done++
	if o.request.Progress == nil {
		return nil
	}
	return o.request.Progress(Progress{Slice: slice, Objects: objects, Labels: o.merger.labels, Done: o.done, Total: o.total})
}

// result measures the findings and looks for doubts.
func (o *outcome) result() *Result {
	r := &Result{Labels: o.merger.labels}
	axis := o.request.Slices.Axis
	shapes := measure(r.Labels, axis, o.request.First, o.request.End)
	labels := slices.Collect(maps.Keys(o.found))
	if o.request.Earlier != nil {
		labels = append(labels, slices.Collect(maps.Keys(shapes))...)
	}
	slices.Sort(labels)
	for _, label := range slices.Compact(labels) {
		object := o.object(label, shapes[label])
		r.Objects = append(r.Objects, object)
	}
	r.Doubts = ranked(r.Objects)
	return r
}

// object collects the findings of a label, by slice.
func (o *outcome) object(label int, shapes map[int]shape) Object {
	out := Object{Label: label}
	for _, p := range o.request.Prompts {
		if p.Object == label {
			out.Outlined = append(out.Outlined, p.Slice)
		}
	}
	slices.Sort(out.Outlined)
	var agreement []float64
	var at []shape
	for i := o.request.First; i < o.request.End; i++ {
		f, sure := Finding{Slice: i, State: StateKept, Score: float32(math.NaN())}, -1.0
		if s := o.found[label][i]; s != nil {
			f, sure = s.Finding, s.agreement
		} else if shapes[i].area == 0 {
			continue
		} else if slices.Contains(out.Outlined, i) {
			f.State = StateOutlined
		}
		f.Area = shapes[i].area
		out.Slices, agreement, at = append(out.Slices, f), append(agreement, sure), append(at, shapes[i])
	}
	addDoubts(out.Slices, agreement, at)
	return out
}
