package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/masks"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/carry"
)

// click clicks on one label's central slice: into the middle of the object or, if an outline or what was found in a box is
// corrected, of what is wrong most, and again into the middle of what is wrong most after that.
func (a annotator) click(ctx context.Context, s slmsam.Slices, truth *volume.LabelMap, label int) (object, error) {
	z, _ := truth.CentralSlice(int32(label), s.Axis)
	want := slmsam.MaskOf(truth.Slice(s.Axis, z), label)
	o := object{label: label, given: []int{z}}
	prompt := slmsam.Prompt{Slice: z, Object: label}
	found := make([]bool, len(want))
	if a.from > 0 {
		on := truth.SlicesByLabel(s.Axis)[int32(label)]
		other := on[min(slices.Index(on, z)+a.from, len(on)-1)]
		found = slmsam.MaskOf(truth.Slice(s.Axis, other), label)
		prompt.Mask = found
		o.clicks = append(o.clicks, overlapOf(want, found).dice())
	}
	_, w := s.Size()
	segment := func(points ...slmsam.Point) error {
		prompt.Points = append(prompt.Points, points...)
		r := slmsam.Request{Slices: s, Prompts: []slmsam.Prompt{prompt}, Options: slmsam.Options{First: z, End: z + 1}}
		result, err := a.model.Segment(ctx, r)
		if err == nil {
			found = slmsam.MaskOf(result.Labels.Slice(s.Axis, z), label)
			o.clicks = append(o.clicks, overlapOf(want, found).dice())
		}
		return err
	}
	if a.box {
		if err := segment(boxAround(want, w)...); err != nil {
			return o, err
		}
	}
	for range a.clicks {
		p, ok := nextClick(want, found, w)
		if !ok {
			o.clicks = append(o.clicks, 1)
		} else if err := segment(p); err != nil {
			return o, err
		}
	}
	return o, nil
}

// boxAround is the box of a mask with w pixels per row.
func boxAround(mask []bool, w int) []slmsam.Point {
	x0, y0, x1, y1 := w, len(mask), 0, 0
	for i, on := range mask {
		if on {
			x0, y0, x1, y1 = min(x0, i%w), min(y0, i/w), max(x1, i%w), max(y1, i/w)
		}
	}
	return []slmsam.Point{{X: float64(x0), Y: float64(y0), Label: slmsam.BoxTopLeft}, {X: float64(x1), Y: float64(y1), Label: slmsam.BoxBottomRight}}
}

// nextClick is in the middle of the largest piece that is missing or too much; rows have w pixels.
func nextClick(want, found []bool, w int) (slmsam.Point, bool) {
	missing, extra := make([]bool, len(want)), make([]bool, len(want))
	for i := range want {
		missing[i], extra[i] = want[i] && !found[i], found[i] && !want[i]
	}
	label, piece := slmsam.Positive, largest(missing, w)
	if other := largest(extra, w); masks.Area(other) > masks.Area(piece) {
		label, piece = slmsam.Negative, other
	}
	if masks.Area(piece) == 0 {
		return slmsam.Point{}, false
	}
	at := middle(piece, w)
	return slmsam.Point{X: float64(at % w), Y: float64(at / w), Label: label}, true
}

// largest is the largest component of a mask.
func largest(mask []bool, w int) []bool {
	best, rest := make([]bool, len(mask)), slices.Clone(mask)
	for i := range rest {
		if !rest[i] {
			continue
		}
		piece := masks.Component(rest, w, i)
		for k, on := range piece {
			rest[k] = rest[k] && !on
		}
		if masks.Area(piece) > masks.Area(best) {
			best = piece
		}
	}
	return best
}

// middle is the pixel of a mask that is farthest from its border.
func middle(mask []bool, w int) int {
	side := max(w, len(mask)/w) + 2
	padded := make([]bool, side*side)
	for i, on := range mask {
		padded[(i/w+1)*side+i%w+1] = on
	}
	depth := carry.SignedDistance(padded, side)
	best, deepest := 0, float32(-1)
	for i, on := range mask {
		if d := depth[(i/w+1)*side+i%w+1]; on && d > deepest {
			best, deepest = i, d
		}
	}
	return best
}

// overlapOf compares two masks.
func overlapOf(truth, found []bool) overlap {
	o := overlap{truth: masks.Area(truth), found: masks.Area(found)}
	for i, on := range truth {
		if on && found[i] {
			o.both++
		}
	}
	return o
}

// summarizeClicks prints the mean DSC after each click, over objects and over sources (the folders of cases).
func summarizeClicks(w io.Writer, all []object) {
	bySource := map[string][]object{}
	for _, o := range all {
		source, _, _ := strings.Cut(o.name, "/")
		bySource[source] = append(bySource[source], o)
	}
	mean := func(of []object, k int) float64 {
		sum := 0.0
		for _, o := range of {
			sum += o.clicks[k]
		}
		return sum / float64(len(of))
	}
	fmt.Fprintf(w, "%d objects of %d sources\n\n| step | DSC, mean over objects | over sources |\n|---|---|---|\n", len(all), len(bySource))
	for k := range all[0].clicks {
		sources := 0.0
		for _, of := range bySource {
			sources += mean(of, k) / float64(len(bySource))
		}
		fmt.Fprintf(w, "| %d | %.3f | %.3f |\n", k+1, mean(all, k), sources)
	}
}
