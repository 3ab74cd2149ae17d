package slmsam

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// findings returns findings on slices 0, 1, ... with the given areas and scores, and what else addDoubts needs. Slice 2 is
// outlined.
func findings(areas []int, scores []float32) (of []Finding, agreement []float64, shapes []shape) {
	for i, area := range areas {
		f := Finding{Slice: i, State: StateTracked, Score: scores[i], Area: area}
		switch {
		case i == 2:
			f.State = StateOutlined
		case area == 0:
			f.State = StateAbsent
		}
		of, agreement, shapes = append(of, f), append(agreement, -1), append(shapes, shape{area: area, pieces: 1})
	}
	return of, agreement, shapes
}

// reasons returns the reasons of the doubts about each slice, and checks their weights.
func reasons(t *testing.T, of []Finding) map[int][]string {
	t.Helper()
	out := map[int][]string{}
	for _, f := range of {
		for _, d := range f.Doubts {
			out[f.Slice] = append(out[f.Slice], d.Reason)
			require.GreaterOrEqual(t, d.Weight, 0.0, d.Reason)
			require.LessOrEqual(t, d.Weight, 1.0, d.Reason)
		}
	}
	return out
}

// TestDoubts checks which slices are doubted, and why.
func TestDoubts(t *testing.T) {
	sure := []float32{5, 5, 0, 5, 5, 5, 5}
	for name, c := range map[string]struct {
		areas  []int
		scores []float32
		change func(agreement []float64, shapes []shape)
		want   map[int][]string
	}{
		"none; outlined slices are not doubted": {[]int{90, 95, 100, 100, 95, 90, 90}, sure, nil, map[int][]string{}},
		"score": {[]int{90, 95, 100, 100, 95, 90, 0}, []float32{5, 5, 0, 5, 5, 0.2, -0.2}, nil,
			map[int][]string{5: {"unsure whether it is there (score 0.2)"}, 6: {"unsure whether it is there (score -0.2)"}}},
		"an unsure absence far from the object does not count": {[]int{90, 95, 100, 100, 0, 0, 0}, []float32{5, 5, 0, 5, -5, -0.1, -0.1}, nil, map[int][]string{}},
		"area":                       {[]int{90, 95, 100, 100, 50, 50, 50}, sure, nil, map[int][]string{4: {"area jumps from 100 to 50 pixels"}}},
		"area, towards lower slices": {[]int{90, 30, 100, 100, 95, 90, 90}, sure, nil, map[int][]string{0: {"area jumps from 30 to 90 pixels"}, 1: {"area jumps from 100 to 30 pixels"}}},
		"gone and back": {[]int{90, 95, 100, 100, 0, 90, 90}, []float32{5, 5, 0, 5, -5, 5, 5}, nil,
			map[int][]string{4: {"missing between slices that have it"}}},
		"both sides": {[]int{90, 95, 100, 100, 95, 90, 90}, sure, func(agreement []float64, _ []shape) { agreement[4] = 0.5 },
			map[int][]string{4: {"the two outlines disagree (overlap 0.50)"}}},
		"a piece": {[]int{90, 95, 100, 100, 95, 90, 90}, sure, func(_ []float64, s []shape) { s[5].pieces, s[5].stray = 2, 0.3 },
			map[int][]string{5: {"a piece has split off (30% of the area)"}}},
	} {
		of, agreement, shapes := findings(c.areas, c.scores)
		if c.change != nil {
			c.change(agreement, shapes)
		}
		addDoubts(of, agreement, shapes)
		require.Equal(t, c.want, reasons(t, of), name)
	}
}

// TestRankedDoubts checks that the most doubtful slice comes first, and that several doubts add up.
func TestRankedDoubts(t *testing.T) {
	doubted := func(slice int, weights ...float64) Finding {
		f := Finding{Slice: slice}
		for _, w := range weights {
			f.Doubts = append(f.Doubts, Doubt{"because", w})
		}
		return f
	}
	got := ranked([]Object{{Label: 1, Slices: []Finding{doubted(3, 0.5), doubted(4)}}, {Label: 2, Slices: []Finding{doubted(9, 0.4, 0.4)}}})
	require.Len(t, got, 2)
	require.Equal(t, Doubtful{Label: 2, Slice: 9, Reasons: []string{"because", "because"}, Weight: 0.64}, got[0])
	require.Equal(t, 3, got[1].Slice)
}

// TestShapes checks the area, the number of pieces and the part outside the largest piece of every label on a slice.
func TestShapes(t *testing.T) {
	got := shapesOf([]int32{
		1, 1, 0, 2,
		0, 1, 0, 0,
		0, 0, 0, 1,
	}, 4)
	require.Equal(t, shape{area: 4, pieces: 2, stray: 0.25}, got[1])
	require.Equal(t, shape{area: 1, pieces: 1}, got[2])
}
