package slmsam

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Result is what Segment found.
type Result struct {
	Labels  *volume.LabelMap // on the volume's grid
	Objects []Object         // ascending by label
	Doubts  []Doubtful       // where to look, most doubtful first
}

// Object is one label of a result.
type Object struct {
	Label    int
	Outlined []int     // slices with a prompt, ascending
	Slices   []Finding // the slices that were looked at, ascending
}

// Finding is one object on one slice.
type Finding struct {
	Slice  int
	State  State
	Score  float32 // logit of the object being there, as the model sees it; NaN for what was kept
	Area   int     // pixels in the label map
	Doubts []Doubt // why a person should look
}

// State says where an object's mask on a slice comes from.
type State string

// The states.
const (
	StateOutlined State = "outlined" // the annotator drew it
	StatePrompted State = "prompted" // found from points
	StateTracked  State = "tracked"
	StateAbsent   State = "absent" // tracked, and judged not to be there
	StateKept     State = "kept"   // as it was in the earlier result
)

// origin is how a finding came about.
type origin int

const (
	tracked origin = iota
	prompted
	outlined
)

// finding is an object on a slice as a propagation hands it out.
type finding struct {
	object, slice int
	origin        origin
	score         float32
	agreement     float64   // of both sides, or -1
	logits        []float32 // [h,w] of the propagation's crop; nil for outlines
	mask          []bool    // likewise, of an outline
}

// outcome is a result in the making.
type outcome struct {
	request     *Request
	merger      *merger
	parts       []*propagation
	found       map[int]map[int]*seen // by object, then slice
	done, total int
}

// seen is a finding before its area is known.
type seen struct {
	Finding
	agreement float64
}

// newOutcome starts from nothing or, when correcting, from the earlier result without what is computed again.
func newOutcome(r *Request) *outcome {
	labels := volume.NewLabelMap(r.Slices.Volume)
	o := &outcome{request: r, merger: newMerger(labels, r.Slices.Axis), found: map[int]map[int]*seen{}}
	for _, p := range r.Prompts {
		o.found[p.Object] = map[int]*seen{}
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

// add records a finding that was made in a crop of the slices.
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
	o.found[f.object][f.slice] = &seen{Finding: Finding{Slice: f.slice, State: state, Score: f.score}, agreement: f.agreement}
	return nil
}

// step counts a finished step and tells the caller.
func (o *outcome) step(slice int, objects []int) error {
	o.done++
	if o.request.Progress == nil {
		return nil
	}
	return o.request.Progress(Progress{Slice: slice, Objects: objects, Labels: o.merger.labels, Done: o.done, Total: o.total})
}

// result measures what was found and looks for doubts.
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

// object lists what is known of a label, by slice.
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
	judge(out.Slices, agreement, at)
	return out
}
