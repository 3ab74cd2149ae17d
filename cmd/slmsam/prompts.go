package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/volume"
)

// manyPrompts is how many annotated slices of one object look like a full label map rather than an annotation.
const manyPrompts = 5

// sliceChoice is the value of --slice: which annotated slices become prompts.
type sliceChoice struct {
	auto bool
	only []int // nil: all
}

func parseSliceChoice(s string) (sliceChoice, error) {
	switch s {
	case "":
		return sliceChoice{}, nil
	case "auto":
		return sliceChoice{auto: true}, nil
	}
	only, err := parseInts(s)
	if err != nil {
		return sliceChoice{}, usagef("--slice %q: want auto, or slice numbers like 12 or 3,40 (counted from 0)", s)
	}
	return sliceChoice{only: only}, nil
}

// parseInts reads "1,2,5".
func parseInts(s string) ([]int, error) {
	var out []int
	for _, part := range strings.Split(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%q is no whole number", part)
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, nil
}

// annotation is where the labels of a mask are: slices by label, ascending.
type annotation struct {
	mask   *volume.LabelMap
	axis   int
	labels []int32
	on     map[int32][]int
}

// annotate finds the labels of a mask.
func annotate(mask *volume.LabelMap, axis int) (annotation, error) {
	a := annotation{mask: mask, axis: axis, on: map[int32][]int{}}
	for i := range mask.Dim[axis] {
		here := map[int32]bool{}
		last := int32(0)
		for _, l := range mask.Slice(axis, i) {
			if l != last && l != 0 && !here[l] {
				here[l] = true
				a.on[l] = append(a.on[l], i)
			}
			last = l
		}
	}
	for l := range a.on {
		a.labels = append(a.labels, l)
	}
	slices.Sort(a.labels)
	if len(a.labels) == 0 {
		return a, fmt.Errorf("mask %s is empty: every voxel is 0, so there is nothing to propagate", mask.Path)
	}
	return a, nil
}

// restrict keeps the labels asked for and the slices first..end-1.
func (a *annotation) restrict(labels []int, first, end int) error {
	all := a.labels
	if labels != nil {
		a.labels = nil
		for _, l := range labels {
			if a.on[int32(l)] == nil {
				return fmt.Errorf("label %d is not in mask %s, which has %s", l, a.mask.Path, join(all))
			}
			a.labels = append(a.labels, int32(l))
		}
		slices.Sort(a.labels)
	}
	for _, l := range a.labels {
		inside := slices.DeleteFunc(slices.Clone(a.on[l]), func(i int) bool { return i < first || i >= end })
		if len(inside) == 0 {
			return fmt.Errorf("label %d is annotated on slices %s only, outside the range %d:%d", l, ranges(a.on[l]), first, end)
		}
		a.on[l] = inside
	}
	return nil
}

// prompts makes one mask prompt per label and chosen slice, and notes for the user.
func (a *annotation) prompts(choice sliceChoice) (prompts []slmsam.Prompt, notes []string, err error) {
	for _, i := range choice.only {
		if i < 0 || i >= a.mask.Dim[a.axis] {
			return nil, nil, fmt.Errorf("--slice %d is out of range: the volume has slices 0 to %d along axis %d", i, a.mask.Dim[a.axis]-1, a.axis)
		}
		if !slices.ContainsFunc(a.labels, func(l int32) bool { return slices.Contains(a.on[l], i) }) {
			return nil, nil, fmt.Errorf("nothing is annotated on slice %d of %s; there are labels on slices %s", i, a.mask.Path, ranges(a.anySlice()))
		}
	}
	for _, l := range a.labels {
		on := a.on[l]
		switch {
		case choice.auto:
			on = []int{on[(len(on)-1)/2]}
		case choice.only != nil:
			on = slices.DeleteFunc(slices.Clone(on), func(i int) bool { return !slices.Contains(choice.only, i) })
			if len(on) == 0 {
				notes = append(notes, fmt.Sprintf("label %d is left out: it is annotated on slices %s, not on those of --slice", l, ranges(a.on[l])))
			}
		case len(on) > manyPrompts:
			notes = append(notes, fmt.Sprintf("label %d is annotated on %d slices, all of which are kept as they are; "+
				"if the mask is a full label map, --slice auto starts from each object's central slice", l, len(on)))
		}
		for _, i := range on {
			prompts = append(prompts, slmsam.Prompt{Slice: i, Object: int(l), Mask: a.mask.Region(a.axis, i, l)})
		}
	}
	return prompts, notes, nil
}

// anySlice lists the slices with any of the labels.
func (a *annotation) anySlice() []int {
	var all []int
	for _, l := range a.labels {
		all = append(all, a.on[l]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// clickPrompts reads --point and --box into one prompt per label and slice; pixels count from 0 on slices [h,w].
func clickPrompts(points, boxes []string, h, w int) ([]slmsam.Prompt, error) {
	byPlace := map[[2]int]*slmsam.Prompt{}
	var order [][2]int
	at := func(slice, label int) *slmsam.Prompt {
		key := [2]int{slice, label}
		if byPlace[key] == nil {
			byPlace[key] = &slmsam.Prompt{Slice: slice, Object: label}
			order = append(order, key)
		}
		return byPlace[key]
	}
	for _, s := range boxes {
		v, label, _, err := parseClick(s, 4)
		if err != nil || v[0] >= v[2] || v[1] >= v[3] || !inside(v[0], v[1], h, w) || !inside(v[2], v[3], h, w) {
			return nil, usagef("--box %q: want slice,x0,y0,x1,y1[,label] with x0 < x1 <= %d and y0 < y1 <= %d", s, w, h)
		}
		p := at(v.slice(), label)
		if p.Points != nil {
			return nil, usagef("--box %q: label %d has a box on this slice already", s, label)
		}
		p.Points = []decoder.Point{{X: v[0], Y: v[1], Label: decoder.BoxTopLeft}, {X: v[2], Y: v[3], Label: decoder.BoxBottomRight}}
	}
	for _, s := range points {
		v, label, kind, err := parseClick(s, 2)
		if err != nil || !inside(v[0], v[1], h, w) {
			return nil, usagef("--point %q: want slice,x,y[,label][,+ or -] with x <= %d and y <= %d", s, w, h)
		}
		p := at(v.slice(), label)
		p.Points = append(p.Points, decoder.Point{X: v[0], Y: v[1], Label: kind})
	}
	var prompts []slmsam.Prompt
	for _, key := range order {
		prompts = append(prompts, *byPlace[key])
	}
	return prompts, nil
}

// click is coordinates, then the slice.
type click []float64

func (c click) slice() int { return int(c[len(c)-1]) }

func inside(x, y float64, h, w int) bool {
	return x >= 0 && y >= 0 && x <= float64(w) && y <= float64(h)
}

// parseClick reads "slice,n numbers[,label][,+ or -]".
func parseClick(s string, n int) (v click, label int, kind decoder.Label, err error) {
	parts := strings.Split(s, ",")
	label, kind = 1, decoder.Positive
	switch parts[len(parts)-1] {
	case "-":
		kind = decoder.Negative
		fallthrough
	case "+":
		parts = parts[:len(parts)-1]
	}
	if len(parts) == n+2 {
		if label, err = strconv.Atoi(parts[n+1]); err != nil || label < 1 {
			return nil, 0, 0, fmt.Errorf("label %q", parts[n+1])
		}
		parts = parts[:n+1]
	}
	if len(parts) != n+1 {
		return nil, 0, 0, fmt.Errorf("%d values", len(parts))
	}
	slice, err := strconv.Atoi(parts[0])
	if err != nil {
		return nil, 0, 0, err
	}
	for _, p := range parts[1:] {
		x, err := strconv.ParseFloat(p, 64)
		if err != nil {
			return nil, 0, 0, err
		}
		v = append(v, x)
	}
	return append(v, float64(slice)), label, kind, nil
}

// join writes labels as "1, 2, 5".
func join(labels []int32) string {
	var parts []string
	for _, l := range labels {
		parts = append(parts, strconv.Itoa(int(l)))
	}
	return strings.Join(parts, ", ")
}

// ranges writes ascending numbers as "3-7, 9".
func ranges(n []int) string {
	var parts []string
	for i := 0; i < len(n); {
		j := i
		for j+1 < len(n) && n[j+1] == n[j]+1 {
			j++
		}
		part := strconv.Itoa(n[i])
		if j > i {
			part += "-" + strconv.Itoa(n[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
