package wgsl

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMergeAxes checks which axes are merged, for contiguous, repeated and transposed operands.
func TestMergeAxes(t *testing.T) {
	require.Equal(t, []axis{{30, [2]int{1, 1}}}, mergeAxes([]int{2, 3, 5}, []int{15, 5, 1}, []int{15, 5, 1}), "contiguous")
	require.Equal(t, []axis{{6, [2]int{5, 0}}, {5, [2]int{1, 1}}},
		mergeAxes([]int{2, 3, 5}, []int{15, 5, 1}, []int{0, 0, 1}), "a row repeated")
	require.Equal(t, []axis{{3, [2]int{1, 5}}, {5, [2]int{3, 1}}},
		mergeAxes([]int{1, 3, 5}, []int{99, 1, 3}, []int{99, 5, 1}), "a transposition")
	require.Equal(t, []axis{{1, [2]int{1, 1}}}, mergeAxes([]int{1, 1, 1}, []int{7, 8, 9}, []int{7, 8, 9}), "one element")
}

// TestBlocksCoverOnce checks that iterations that are split into small blocks visit every element once, in its place.
func TestBlocksCoverOnce(t *testing.T) {
	d := &Device{limits: limits{bindingBytes: 4 * (alignWords + 40)}}
	for _, whole := range []block{
		{axes: []axis{{7, [2]int{11, 11}}, {11, [2]int{1, 1}}}},
		{axes: []axis{{13, [2]int{1, 9}}, {9, [2]int{13, 1}}}, off: [2]int{3, 5}},
		{axes: []axis{{50, [2]int{0, 8}}, {8, [2]int{-1, 1}}}, off: [2]int{7, 0}},
	} {
		for _, next := range []func(block) int{cutOuter, cutLongest} {
			seen := map[[2]int]int{}
			d.blocks(whole, next, func(b block) {
				for o := range b.off {
					lo, hi := b.extent(o)
					require.Less(t, hi-lo, d.bindingWords())
				}
				for _, at := range places(b) {
					seen[at]++
				}
			})
			want := map[[2]int]int{}
			for _, at := range places(whole) {
				want[at]++
			}
			require.Equal(t, want, seen)
		}
	}
}

// places returns the positions of the elements of b in both operands.
func places(b block) [][2]int {
	list := [][2]int{b.off}
	for _, a := range b.axes {
		var next [][2]int
		for _, at := range list {
			for i := range a.n {
				next = append(next, [2]int{at[0] + i*a.stride[0], at[1] + i*a.stride[1]})
			}
		}
		list = next
	}
	return list
}
