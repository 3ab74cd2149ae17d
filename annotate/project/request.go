package project

import (
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Run says how outlines are propagated. The zero value propagates in both directions through the whole volume.
type Run struct {
	Direction  slmsam.Direction
	First, End int // slices First to End-1; End 0: up to the last slice
}

// Reasons why there is nothing to propagate.
var (
	ErrNoOutline = annotate.Inputf("nothing is outlined there: draw an object's outline on a slice first")
	ErrUnchanged = annotate.Inputf("nothing has changed since the last propagation: outline an object, or correct a slice")
)

// request returns the request for a propagation: of everything the first time, and later only of what the changes since then
// can affect, as slmsam propagate does with a corrected result.
func (s *state) request(view slmsam.Slices, run Run) (slmsam.Request, error) {
	r := slmsam.Request{Slices: view, Options: slmsam.Options{Direction: run.Direction, First: run.First, End: run.End},
		Present: map[int][]slmsam.Span{}, Absent: map[int][]slmsam.Span{}}
	if r.End == 0 {
		r.End = s.grid.slices()
	}
	if r.First < 0 || r.End > s.grid.slices() || r.First >= r.End {
		return r, annotate.Inputf("slices %d to %d are not a range within the volume's 0 to %d", r.First, r.End-1, s.grid.slices()-1)
	}
	if err := s.prompts(&r); err != nil {
		return r, err
	}
	if len(r.Prompts) == 0 {
		return r, ErrNoOutline
	}
	if s.fresh() {
		return r, nil
	}
	labels, err := s.labelMap(view.Volume.Geom)
	if err != nil {
		return r, err
	}
	r.Earlier, r.Only = labels, map[int][]slmsam.Span{}
	for _, label := range s.labels() {
		s.again(&r, label)
	}
	if len(r.Only) == 0 {
		return r, ErrUnchanged
	}
	return r, nil
}

// prompts adds the outlines within the request's range, and where objects are absent.
func (s *state) prompts(r *slmsam.Request) error {
	for _, label := range s.labels() {
		if s.objects[label].Locked {
			continue
		}
		for _, slice := range s.on(label, Absent) {
			r.Absent[label] = append(r.Absent[label], slmsam.Span{First: slice, End: slice + 1})
		}
		for _, slice := range s.on(label, Outlined) {
			if slice < r.First || slice >= r.End {
				continue
			}
			pix, err := s.plane(slice)
			if err != nil {
				return err
			}
			mask := make([]bool, len(pix))
			for i, l := range pix {
				mask[i] = int(l) == label
			}
			if slices.Contains(mask, true) {
				r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: slice, Object: label, Mask: mask})
			}
		}
	}
	return nil
}

// fresh reports whether there are only outlines, and no earlier results or locked objects to keep.
func (s *state) fresh() bool {
	for _, label := range s.labels() {
		if s.propagated(label) || s.objects[label].Locked {
			return false
		}
	}
	return true
}

// again adds the slices of an object that must be computed: those that changes can affect, and those never computed before.
func (s *state) again(r *slmsam.Request, label int) {
	var outlined []int
	for _, p := range r.Prompts {
		if p.Object == label {
			outlined = append(outlined, p.Slice)
		}
	}
	if len(outlined) == 0 {
		return
	}
	for slice := r.First; slice < r.End; slice++ {
		if m, known := s.marks[label][slice]; !known || m.Changed {
			r.Again(label, slice)
		}
	}
	// a propagation in one direction does not reach slices on the other side of the outlines
	low, high := r.First, r.End
	if r.Direction == slmsam.Forward {
		low = slices.Min(outlined)
	}
	if r.Direction == slmsam.Backward {
		high = slices.Max(outlined) + 1
	}
	spans := r.Only[label]
	delete(r.Only, label)
	for _, span := range union(spans) {
		span.First, span.End = max(span.First, low), min(span.End, high)
		if span.First < span.End {
			r.Only[label] = append(r.Only[label], span)
		}
	}
}

// union merges spans that overlap or touch, in ascending order.
func union(spans []slmsam.Span) (out []slmsam.Span) {
	slices.SortFunc(spans, func(a, b slmsam.Span) int { return a.First - b.First })
	for _, span := range spans {
		if n := len(out); n > 0 && span.First <= out[n-1].End {
			out[n-1].End = max(out[n-1].End, span.End)
			continue
		}
		out = append(out, span)
	}
	return out
}

// outcome returns the change to the document that a result makes.
func (s *state) outcome(r *slmsam.Request, result *slmsam.Result) (Values, error) {
	set := Values{metaKey: meta(Meta{})}
	for slice := range s.grid.slices() {
		pix := narrow(result.Labels, s.grid.axis, slice)
		old, err := s.plane(slice)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(pix, old) {
			set[planeKey(slice)] = planeValue(pix)
		}
	}
	prompted := map[int]bool{}
	for _, p := range r.Prompts {
		prompted[p.Object] = true
	}
	for label := range s.objects {
		for slice, m := range s.marks[label] {
			switch {
			case slice < r.First || slice >= r.End || !prompted[label] || !s.computed(r, label, slice):
			case m.State == Tracked || m.State == NotFound || m.State == Forgotten:
				set[markKey(label, slice)] = nil
			case m.Changed:
				m.Changed = false
				set[markKey(label, slice)] = markValue(m)
			}
		}
	}
	for _, o := range result.Objects {
		for _, f := range o.Slices {
			if m, ok := markOf(f); ok {
				set[markKey(o.Label, f.Slice)] = markValue(m)
			}
		}
	}
	return set, nil
}

// computed reports whether a request computes a prompted object on a slice.
func (s *state) computed(r *slmsam.Request, label, slice int) bool {
	if r.Earlier == nil {
		return true
	}
	return slices.ContainsFunc(r.Only[label], func(span slmsam.Span) bool { return span.Contains(slice) })
}

// markOf returns the mark for a finding; false if it makes none, because an outlined slice already has one.
func markOf(f slmsam.Finding) (Mark, bool) {
	m := Mark{State: Tracked}
	switch f.State {
	case slmsam.StateTracked, slmsam.StatePrompted:
	case slmsam.StateAbsent:
		m.State = NotFound
	default:
		return m, false
	}
	score := float64(f.Score)
	m.Score = &score
	for _, d := range f.Doubts {
		m.Doubts = append(m.Doubts, Doubt(d))
	}
	return m, true
}

// narrow returns a slice of a label map, whose labels are at most maxLabel, as a plane.
func narrow(l *volume.LabelMap, axis, slice int) []uint8 {
	pix := l.Slice(axis, slice)
	out := make([]uint8, len(pix))
	for i, label := range pix {
		out[i] = uint8(label)
	}
	return out
}
