package slmsam

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// routes returns the reaches of a route as {outline, first slice tracked, last slice tracked}.
func routes(outlined []int, absent []Span, opt Options) [][3]int {
	var out [][3]int
	for _, r := range route(outlined, absent, opt) {
		s := r.slices()
		out = append(out, [3]int{r.from, s[0], s[len(s)-1]})
	}
	return out
}

// TestRoute checks which slices are tracked from which outline.
func TestRoute(t *testing.T) {
	for name, c := range map[string]struct {
		outlined []int
		absent   []Span
		opt      Options
		want     [][3]int
	}{
		"one outline":                 {[]int{3}, nil, Options{End: 9}, [][3]int{{3, 2, 0}, {3, 4, 8}}},
		"at the end":                  {[]int{8}, nil, Options{End: 9}, [][3]int{{8, 7, 0}}},
		"from both sides":             {[]int{2, 6}, nil, Options{End: 9}, [][3]int{{2, 1, 0}, {2, 3, 5}, {6, 5, 3}, {6, 7, 8}}},
		"each half from its outline":  {[]int{2, 6}, nil, Options{End: 9, Order: Nearest}, [][3]int{{2, 1, 0}, {2, 3, 4}, {6, 5, 5}, {6, 7, 8}}},
		"an even gap":                 {[]int{2, 5}, nil, Options{End: 6, Order: Nearest}, [][3]int{{2, 1, 0}, {2, 3, 3}, {5, 4, 4}}},
		"neighbors":                   {[]int{2, 3}, nil, Options{End: 5}, [][3]int{{2, 1, 0}, {3, 4, 4}}},
		"forward only":                {[]int{2, 6}, nil, Options{End: 9, Direction: Forward, Order: Nearest}, [][3]int{{2, 3, 5}, {6, 7, 8}}},
		"backward only":               {[]int{2, 6}, nil, Options{End: 9, Direction: Backward}, [][3]int{{2, 1, 0}, {6, 5, 3}}},
		"a range":                     {[]int{4}, nil, Options{First: 3, End: 6}, [][3]int{{4, 3, 3}, {4, 5, 5}}},
		"absent from slice 6 on":      {[]int{3}, []Span{{6, 7}}, Options{End: 9}, [][3]int{{3, 2, 0}, {3, 4, 5}}},
		"absent next to the outline":  {[]int{3}, []Span{{4, 9}, {0, 3}}, Options{End: 9}, nil},
		"absent between two outlines": {[]int{2, 8}, []Span{{4, 6}}, Options{First: 2, End: 9, Order: Nearest}, [][3]int{{2, 3, 3}, {8, 7, 6}}},
		"official":                    {[]int{2, 6}, nil, Options{End: 9, Order: Official}, [][3]int{{2, 3, 8}, {2, 1, 0}}},
		"official, backward":          {[]int{2, 6}, nil, Options{End: 9, Order: Official, Direction: Backward}, [][3]int{{6, 5, 0}}},
	} {
		require.Equal(t, c.want, routes(c.outlined, c.absent, c.opt), name)
	}
}

// TestAffectedReachesToTheNeighbors checks that a changed outline affects the slices up to the outlines on either side.
func TestAffectedReachesToTheNeighbors(t *testing.T) {
	require.Equal(t, []Span{{3, 9}}, affected([]int{5}, []int{2, 5, 9}, 0, 20))
	require.Equal(t, []Span{{0, 9}, {3, 20}}, affected([]int{2, 9}, []int{2, 9}, 0, 20), "spans may overlap")
}

// TestBlend weighs the findings from both sides of a gap.
func TestBlend(t *testing.T) {
	a := Found{Low: [][]float32{{4, 4, -20, -2}}, Score: []float32{2}, present: []bool{true}}
	b := Found{Low: [][]float32{{4, -4, -20, 6}}, Score: []float32{4}, present: []bool{true}}
	got := a.blend(b, 0.75)
	require.Equal(t, [][]float32{{4, 2, -10, 0}}, got.Low)
	require.Equal(t, []float32{2.5}, got.Score)
	require.InDelta(t, 0.5, got.agreement(0), 1e-9)
	absent := Found{Low: [][]float32{{-1024, -1024, -1024, -1024}}, Score: []float32{-3}, present: []bool{false}}
	require.Equal(t, a.Low, a.blend(absent, 0.75).Low, "the nearer outline says present")
	require.Equal(t, absent.Low, a.blend(absent, 0.25).Low, "the nearer outline says absent")
}

// TestRanges formats runs of numbers as ranges.
func TestRanges(t *testing.T) {
	require.Equal(t, "1-3, 5, 8-9", Ranges([]int{1, 2, 3, 5, 8, 9}))
	require.Equal(t, "", Ranges(nil))
}
