package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam"
)

// parseSelection parses --slice and --label, which say which outlines of a mask to start from.
func parseSelection(choices []string, labels string) (s slmsam.Selection, err error) {
	if labels != "" {
		if s.Labels, err = parseInts(labels); err != nil {
			return s, usagef("--label %q: %w", labels, err)
		}
	}
	for _, choice := range choices {
		if choice == "auto" {
			s.Central = true
			continue
		}
		label, list := 0, choice
		if before, after, ok := strings.Cut(choice, ":"); ok {
			if label, err = strconv.Atoi(before); err != nil || label == 0 {
				return s, usagef("--slice %q: want LABEL:N,N,... such as 2:9,14", choice)
			}
			list = after
		}
		on, err := parseInts(list)
		if err != nil {
			return s, usagef("--slice %q: want auto, slice numbers such as 12 or 3,40 (counted from 0), or 2:9,14 for label 2 only", choice)
		}
		if s.Slices == nil {
			s.Slices = map[int][]int{}
		}
		s.Slices[label] = append(s.Slices[label], on...)
	}
	if s.Central && s.Slices != nil {
		return s, usagef("--slice: use either auto or slice numbers, not both")
	}
	return s, nil
}

// parseSpans parses the values of a flag of the form A:B (for all labels) or LABEL:A:B, which mean slices A to B-1 of n. It
// returns spans by label, with 0 for all labels.
func parseSpans(flag string, values []string, n int) (map[int][]slmsam.Span, error) {
	out := map[int][]slmsam.Span{}
	for _, v := range values {
		label, span := 0, v
		if strings.Count(v, ":") == 2 {
			var err error
			before, after, _ := strings.Cut(v, ":")
			if label, err = strconv.Atoi(before); err != nil || label == 0 {
				return nil, usagef("%s %q: want A:B or LABEL:A:B", flag, v)
			}
			span = after
		}
		first, end, err := parseRange(flag, span, n)
		if err != nil {
			return nil, err
		}
		out[label] = append(out[label], slmsam.Span{First: first, End: end})
	}
	return out, nil
}

// parseCrop parses --crop. It returns 0, which means the model's own, for an empty value.
func parseCrop(s string) (float64, error) {
	switch s {
	case "":
		return 0, nil
	case "whole":
		return slmsam.WholeSlice, nil
	}
	crop, err := strconv.ParseFloat(s, 64)
	if err != nil || !(crop >= 1) || math.IsInf(crop, 1) {
		return 0, usagef("--crop %q: want a number of at least 1, such as 3, or whole", s)
	}
	return crop, nil
}

// parseRange parses the value of a flag of the form A:B, :B, A: or "", for a volume of n slices.
func parseRange(flag, s string, n int) (first, end int, err error) {
	if s == "" {
		return 0, n, nil
	}
	a, b, ok := strings.Cut(s, ":")
	first, end = 0, n
	var errA, errB error
	if a != "" {
		first, errA = strconv.Atoi(a)
	}
	if b != "" {
		end, errB = strconv.Atoi(b)
	}
	if !ok || errA != nil || errB != nil {
		return 0, 0, usagef("%s %q: want A:B for slices A to B-1, such as 10:60", flag, s)
	}
	if first < 0 || end > n || first >= end {
		return 0, 0, fmt.Errorf("%s %s is not within the volume's slices 0:%d", flag, s, n)
	}
	return first, end, nil
}

// parseInts parses a list such as "1,2,5", without repetitions.
func parseInts(s string) ([]int, error) {
	var out []int
	for _, part := range strings.Split(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", part)
		}
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out, nil
}

// clickPrompts parses --point and --box into one prompt per label and slice. Coordinates are in pixels from 0, on slices of h
// rows and w columns.
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
			return nil, usagef("--box %q: want slice,x0,y0,x1,y1[,label] with x0 < x1 <= %d, y0 < y1 <= %d and a label from 1 to %d", s, w, h, math.MaxInt32)
		}
		p := at(v.slice(), label)
		if p.Points != nil {
			return nil, usagef("--box %q: label %d already has a box on this slice", s, label)
		}
		p.Points = []slmsam.Point{{X: v[0], Y: v[1], Label: slmsam.BoxTopLeft}, {X: v[2], Y: v[3], Label: slmsam.BoxBottomRight}}
	}
	for _, s := range points {
		v, label, kind, err := parseClick(s, 2)
		if err != nil || !inside(v[0], v[1], h, w) {
			return nil, usagef("--point %q: want slice,x,y[,label][,+ or -] with x <= %d, y <= %d and a label from 1 to %d", s, w, h, math.MaxInt32)
		}
		p := at(v.slice(), label)
		p.Points = append(p.Points, slmsam.Point{X: v[0], Y: v[1], Label: kind})
	}
	var prompts []slmsam.Prompt
	for _, key := range order {
		prompts = append(prompts, *byPlace[key])
	}
	return prompts, nil
}

// click holds the coordinates of a point or a box, followed by the slice.
type click []float64

func (c click) slice() int { return int(c[len(c)-1]) }

// inside reports whether a point is on a slice of h rows and w columns, or on its edge.
func inside(x, y float64, h, w int) bool {
	return x >= 0 && y >= 0 && x <= float64(w) && y <= float64(h)
}

// parseClick parses "slice,n numbers[,label][,+ or -]".
func parseClick(s string, n int) (v click, label int, kind slmsam.PointLabel, err error) {
	parts := strings.Split(s, ",")
	label, kind = 1, slmsam.Positive
	switch parts[len(parts)-1] {
	case "-":
		kind = slmsam.Negative
		fallthrough
	case "+":
		parts = parts[:len(parts)-1]
	}
	if len(parts) == n+2 {
		if label, err = strconv.Atoi(parts[n+1]); err != nil || label < 1 || label > math.MaxInt32 {
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
