package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume"
)

// What is annotated of a volume.
const (
	leastSlices = 5 // of a label
	mostLabels  = 6 // the largest
)

// annotator plays a person with a model.
type annotator struct {
	model  *slmsam.Model
	order  slmsam.Order
	rounds int
	at     float64 // share of an object's volume before the slice outlined first; negative: the central slice
	known  bool    // the model is told which slices hold the object
	clicks int     // on the central slice, in place of outlines; 0: none
	box    bool    // begins with a box around each object's central slice
	from   int     // how many slices away the outline is that clicks correct; 0: there is none
}

// object is one label of a volume, through the rounds.
type object struct {
	name   string // of the case
	label  int
	given  []int // slices outlined, in the order in which they were
	rounds []round
	clicks []float64 // DSC on the central slice before any click, if there is an outline or a box, and after each
}

// round is how good the result is after so many outlines.
type round struct {
	whole   float64 // DSC over all slices but those that are given in any round
	inRange float64 // likewise, from the first to the last slice that holds the object
	gaps    float64 // likewise, between the outermost outlines of the last round
}

// annotate plays all rounds for the labels of a volume.
func (a annotator) annotate(ctx context.Context, c testCase) ([]object, error) {
	image, err := volume.Read(c.image)
	if err != nil {
		return nil, err
	}
	read, err := volume.ReadLabelMap(c.label)
	if err != nil {
		return nil, err
	}
	axis := c.axis
	if axis < 0 {
		axis = image.AcquisitionAxis()
	}
	truth, _, err := volume.OntoGrid(image, read, volume.GridOptions{Axis: axis})
	if err != nil {
		return nil, err
	}
	window, _, err := a.model.Window(image, "")
	if err != nil {
		return nil, err
	}
	s := slmsam.Slices{Volume: image, Axis: axis, Window: window}
	var out []object
	for _, label := range labelsOf(truth, axis) {
		play := a.play
		if a.clicks > 0 || a.box {
			play = a.click
		}
		o, err := play(ctx, s, truth, label)
		if err != nil {
			return nil, err
		}
		o.name = c.name
		out = append(out, o)
	}
	return out, nil
}

// labelsOf lists the labels that are annotated, the largest first.
func labelsOf(truth *volume.LabelMap, axis int) []int {
	on, counts := truth.SlicesByLabel(axis), truth.Counts()
	var out []int
	for label, slices := range on {
		if len(slices) >= leastSlices {
			out = append(out, int(label))
		}
	}
	slices.SortFunc(out, func(a, b int) int { return cmp.Or(cmp.Compare(counts[int32(b)], counts[int32(a)]), cmp.Compare(a, b)) })
	return out[:min(len(out), mostLabels)]
}

// first returns the slice of a label that is outlined first.
func (a annotator) first(truth *volume.LabelMap, axis, label int) int {
	if a.at < 0 {
		central, _ := truth.CentralSlice(int32(label), axis)
		return central
	}
	span := truth.SlicesByLabel(axis)[int32(label)]
	areas := make([]int, len(span))
	for i, z := range span {
		areas[i] = masks.Area(slmsam.MaskOf(truth.Slice(axis, z), label))
	}
	return span[masks.Holding(areas, int(a.at*float64(truth.Counts()[int32(label)])))]
}

// play outlines one label, propagates, and outlines the worst slice.
func (a annotator) play(ctx context.Context, s slmsam.Slices, truth *volume.LabelMap, label int) (object, error) {
	o := object{label: label, given: []int{a.first(truth, s.Axis, label)}}
	var results [][]overlap // by round, then slice
	for range a.rounds {
		r := slmsam.Request{Slices: s, Options: slmsam.Options{Order: a.order}}
		for _, i := range o.given {
			r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: i, Object: label, Mask: slmsam.MaskOf(truth.Slice(s.Axis, i), label)})
		}
		if a.known {
			r.Present, r.Absent = presence(truth, s.Axis, label)
		}
		result, err := a.model.Segment(ctx, r)
		if err != nil {
			return o, err
		}
		found := overlaps(truth, result.Labels, s.Axis, label)
		results = append(results, found)
		worst := worstSlice(found, o.given)
		if worst < 0 {
			break
		}
		o.given = append(o.given, worst)
	}
	o.given = o.given[:len(results)]
	for _, found := range results {
		o.rounds = append(o.rounds, o.score(found))
	}
	return o, nil
}

// presence lists the slices that hold a label, and those before its first and after its last one.
func presence(truth *volume.LabelMap, axis, label int) (present, absent map[int][]slmsam.Span) {
	on := truth.SlicesByLabel(axis)[int32(label)]
	present, absent = map[int][]slmsam.Span{}, map[int][]slmsam.Span{}
	for _, z := range on {
		present[label] = append(present[label], slmsam.Span{First: z, End: z + 1})
	}
	for _, outside := range []slmsam.Span{{First: 0, End: slices.Min(on)}, {First: slices.Max(on) + 1, End: truth.Dim[axis]}} {
		if outside.First < outside.End {
			absent[label] = append(absent[label], outside)
		}
	}
	return present, absent
}

// overlap counts pixels of one slice.
type overlap struct{ both, truth, found int }

func (o overlap) dice() float64 {
	if o.truth+o.found == 0 {
		return 1
	}
	return 2 * float64(o.both) / float64(o.truth+o.found)
}

// overlaps compares a label slice by slice.
func overlaps(truth, found *volume.LabelMap, axis, label int) []overlap {
	out := make([]overlap, truth.Dim[axis])
	for i := range out {
		out[i] = overlapOf(slmsam.MaskOf(truth.Slice(axis, i), label), slmsam.MaskOf(found.Slice(axis, i), label))
	}
	return out
}

// worstSlice is the slice that holds the object and was found worst by area in error, or -1: what a person would mend.
func worstSlice(found []overlap, given []int) int {
	worst, most := -1, 0
	for i, o := range found {
		if o.truth == 0 || slices.Contains(given, i) {
			continue
		}
		if wrong := o.truth + o.found - 2*o.both; wrong > most {
			worst, most = i, wrong
		}
	}
	return worst
}

// score sums up the slices that were never given.
func (o object) score(found []overlap) round {
	first, last := len(found), -1
	for i, f := range found {
		if f.truth > 0 {
			first, last = min(first, i), i
		}
	}
	sum := func(from, to int) float64 {
		var s overlap
		for i := max(from, 0); i <= min(to, len(found)-1); i++ {
			if !slices.Contains(o.given, i) {
				s.both, s.truth, s.found = s.both+found[i].both, s.truth+found[i].truth, s.found+found[i].found
			}
		}
		return s.dice()
	}
	return round{sum(0, len(found)), sum(first, last), sum(slices.Min(o.given), slices.Max(o.given))}
}

func sorted(n []int) []int { return slices.Sorted(slices.Values(n)) }
