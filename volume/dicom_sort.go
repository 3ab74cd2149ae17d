package volume

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
)

// Limits on the regularity of slice positions.
const (
	sameStep     = 0.01 // slices closer than this share of the usual step are at the same position
	looseStep    = 0.1  // if a slice is off its place by more than this share of the step, slices are missing or the spacing varies
	roundedStep  = 0.34 // the same limit for positions that may be rounded
	roundedBy    = 0.05 // mm: largest error of positions that some archives round to a tenth of a millimeter
	roundedDrift = 0.15 // mm: largest sideways drift through a whole stack due to such rounding
)

// sortSlices sorts the slices by position along their normal, and returns the step from slice to slice in LPS mm. Slices without
// position are sorted by SliceLocation or else by instance number.
func sortSlices(stack []*dicomFrame) (step [3]float64, notes []string, err error) {
	first := stack[0]
	if !first.placed {
		return sortUnplaced(stack)
	}
	n := first.normal()
	along := func(s *dicomFrame) float64 { return dot(s.position, n) }
	sort.SliceStable(stack, func(i, j int) bool { return along(stack[i]) < along(stack[j]) })
	first = stack[0]
	if len(stack) == 1 {
		if first.between == 0 && first.thickness == 0 {
			notes = []string{"the file does not state the thickness of the slice: 1 mm is assumed"}
		}
		return scale(n, first.depth()), notes, nil
	}
	if err := checkSteps(stack, along); err != nil {
		return step, nil, err
	}
	last := stack[len(stack)-1]
	count := float64(len(stack) - 1)
	step = scale(sub(last.position, first.position), 1/count)
	for i, s := range stack {
		if off := s.offLine(first, step, i); off > s.offLineLimit(step) {
			return step, nil, fmt.Errorf("slice %s is %.3g mm off the line through the first and last slice: the folder mixes stacks", s.name(), off)
		}
	}
	straight := scale(n, dot(step, n))
	drift := norm(sub(step, straight))
	if drift*count <= roundedDrift {
		return straight, nil, nil
	}
	if angle := math.Atan(drift/norm(straight)) * 180 / math.Pi; angle > 0.1 {
		notes = append(notes, fmt.Sprintf("the slices are shifted against each other (gantry tilt of %.1f degrees): the grid is slanted; "+
			"a NIfTI output has the slant in its sform, but its qform, which ITK programs (3D Slicer, ITK-SNAP) use, stacks the slices straight", angle))
	}
	return step, notes, nil
}

// offLine is how far, in mm, a slice lies from where a regular stack has its slice i. The stack's axis may be
// perpendicular to its slices or slanted (tilted gantry).
func (s *dicomFrame) offLine(first *dicomFrame, step [3]float64, i int) float64 {
	return norm(sub(s.position, add(first.position, scale(step, float64(i)))))
}

// offLineLimit is the distance from which a slice does not belong to a stack: half a step, or a pixel if that is more.
func (s *dicomFrame) offLineLimit(step [3]float64) float64 { return max(0.5*norm(step), s.spacing[0]) }

// sortUnplaced sorts slices without position.
func sortUnplaced(stack []*dicomFrame) ([3]float64, []string, error) {
	key, by := func(s *dicomFrame) float64 { return s.number }, "instance number"
	locations := map[float64]bool{}
	for _, s := range stack {
		locations[s.location] = true // every NaN is a key of its own
	}
	if len(locations) == len(stack) && !slices.ContainsFunc(stack, func(s *dicomFrame) bool { return math.IsNaN(s.location) }) {
		key, by = func(s *dicomFrame) float64 { return s.location }, "slice location"
	}
	sort.SliceStable(stack, func(i, j int) bool { return key(stack[i]) < key(stack[j]) })
	first := stack[0]
	for _, s := range stack {
		s.right, s.down = [3]float64{1, 0, 0}, [3]float64{0, 1, 0}
	}
	depth := first.depth()
	if by == "slice location" && len(stack) > 1 {
		if mean := (key(stack[len(stack)-1]) - key(first)) / float64(len(stack)-1); mean > 0 {
			depth = mean
		}
	}
	if len(stack) == 1 {
		return [3]float64{0, 0, depth}, []string{"the slice has no position in space"}, nil
	}
	return [3]float64{0, 0, depth}, []string{fmt.Sprintf("the slices have no position in space: they are ordered by %s, %.4g mm apart", by, depth)}, nil
}

// checkSteps returns an error if slices are at the same position or unevenly spaced.
func checkSteps(stack []*dicomFrame, along func(*dicomFrame) float64) error {
	gaps := make([]float64, len(stack)-1)
	for i := range gaps {
		gaps[i] = along(stack[i+1]) - along(stack[i])
	}
	sorted := slices.Clone(gaps)
	sort.Float64s(sorted)
	median := sorted[(len(sorted)-1)/2]
	var repeated int
	for _, gap := range gaps {
		if gap <= sameStep*median {
			repeated++
		}
	}
	if repeated > 0 {
		return repeatedError(stack, along, sameStep*median)
	}
	start, count := along(stack[0]), float64(len(gaps))
	step := (along(stack[len(stack)-1]) - start) / count
	limit := max(looseStep*step, min(2*roundedBy+1e-6, roundedStep*step))
	even := true
	for i, s := range stack {
		even = even && math.Abs(along(s)-start-float64(i)*step) <= limit
	}
	if even {
		return nil
	}
	return unevenError(stack, gaps, median)
}

// unevenError returns the error for unevenly spaced slices, which lists the unusual steps.
func unevenError(stack []*dicomFrame, gaps []float64, median float64) error {
	var wide, narrow []string
	for i, gap := range gaps {
		text := fmt.Sprintf("%.4g mm between %s and %s", gap, stack[i].name(), stack[i+1].name())
		switch {
		case gap > (1+looseStep)*median:
			wide = append(wide, text)
		case gap < (1-looseStep)*median:
			narrow = append(narrow, text)
		}
	}
	var what []string
	for _, part := range []struct {
		name  string
		found []string
	}{{"gap", wide}, {"overlap", narrow}} {
		if n := len(part.found); n > 0 {
			what = append(what, fmt.Sprintf("%s: %s", plural(n, part.name), strings.Join(part.found[:min(n, 3)], ", ")))
		}
	}
	if what == nil {
		what = []string{"the steps drift"}
	}
	return fmt.Errorf("the slices are not evenly spaced: the usual step is %.4g mm, but here: %s; slices are missing, or the spacing varies (dcm2niix can resample)",
		median, strings.Join(what, "; "))
}

// repeatedError returns the error for slices at the same position, which says how they differ, so that the user can separate them.
func repeatedError(stack []*dicomFrame, along func(*dicomFrame) float64, limit float64) error {
	var pairs []string
	differ := map[string]bool{}
	for i := range stack[1:] {
		a, b := stack[i], stack[i+1]
		if along(b)-along(a) > limit {
			continue
		}
		pairs = append(pairs, a.name()+" and "+b.name())
		for _, m := range frameMarks {
			if a.marks[m.name] != b.marks[m.name] {
				differ[m.name] = true
			}
		}
	}
	how := "nothing in their headers tells them apart"
	for _, m := range frameMarks { // the most informative first
		if differ[m.name] {
			values := map[string]bool{}
			for _, s := range stack {
				values[s.marks[m.name]] = true
			}
			how = fmt.Sprintf("they differ in %s (%d values)", m.name, len(values))
			break
		}
	}
	return fmt.Errorf("%s at the same position as another (%s): %s; put each time point, echo or phase in its own folder (dcm2niix separates them)",
		plural(len(pairs), "slice"), strings.Join(pairs[:min(len(pairs), 3)], ", "), how)
}

// plural returns a number of things: "1 gap", "2 gaps".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
