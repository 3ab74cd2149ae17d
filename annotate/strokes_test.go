package annotate_test

import (
	"math"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/stretchr/testify/require"
)

// TestStrokesOf checks how a painted mask is divided into strokes: nothing for an empty mask, one stroke if the mask
// is one slice thick, otherwise one stroke per slice.
func TestStrokesOf(t *testing.T) {
	whole := annotate.Region{Hi: [3]int{4, 3, 2}}
	mask := make([]bool, 24)
	require.Empty(t, annotate.StrokesOf(annotate.Outline, false, whole, mask, 2))
	at := func(i, j, k int) int { return i + 4*(j+3*k) }

	mask[at(1, 1, 0)], mask[at(2, 2, 0)] = true, true
	require.Equal(t, []annotate.Stroke{{Kind: annotate.Outline, Axis: 2, Mask: []bool{true, false, false, true},
		Region: annotate.Region{Lo: [3]int{1, 1, 0}, Hi: [3]int{3, 3, 1}}}}, annotate.StrokesOf(annotate.Outline, false, whole, mask, 2))

	mask[at(2, 2, 1)] = true // more than one slice thick along every axis: one stroke per slice
	got := annotate.StrokesOf(annotate.Scribble, true, whole, mask, 2)
	require.Len(t, got, 2)
	require.Equal(t, annotate.Stroke{Kind: annotate.Scribble, Erase: true, Axis: 2, Mask: []bool{true},
		Region: annotate.Region{Lo: [3]int{2, 2, 1}, Hi: [3]int{3, 3, 2}}}, got[1])

	mask[at(1, 1, 0)] = false // one voxel thick along two axes, but not along axis 2
	require.Equal(t, 1, annotate.StrokesOf(annotate.Scribble, true, whole, mask, 2)[0].Axis)
	require.Equal(t, 0, annotate.StrokesOf(annotate.Scribble, true, whole, mask, 0)[0].Axis)

	inner := annotate.Region{Lo: [3]int{5, 6, 7}, Hi: [3]int{7, 8, 8}}
	got = annotate.StrokesOf(annotate.Outline, false, inner, []bool{false, true, false, true}, 2)
	require.Equal(t, annotate.Region{Lo: [3]int{6, 6, 7}, Hi: [3]int{7, 8, 8}}, got[0].Region)
}

// TestMakeFinite checks that NaN and infinities become the smallest or largest finite value, or 0 if there is none.
func TestMakeFinite(t *testing.T) {
	inf := float32(math.Inf(1))
	values := []float32{3, float32(math.NaN()), inf, -inf, -2}
	annotate.MakeFinite(values)
	require.Equal(t, []float32{3, -2, 3, -2, -2}, values)
	values = []float32{inf, float32(math.NaN())}
	annotate.MakeFinite(values)
	require.Equal(t, []float32{0, 0}, values)
}
