package slmsam

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// newTestMerger returns a merger of three slices of four pixels whose label map starts with the given labels.
func newTestMerger(data ...int32) *merger {
	dim := [3]int{4, 1, 3}
	l := &volume.LabelMap{Dim: dim, Data: make([]int32, 12), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 1})}
	copy(l.Data, data)
	return newMerger(l, 2)
}

// TestOverlapsGoToTheHigherLogit checks that neither the order of the objects nor other slices in between matter.
func TestOverlapsGoToTheHigherLogit(t *testing.T) {
	first, second := []float32{3, 3, -1, 0}, []float32{-1, 5, 2, 0}
	want := []int32{0, 0, 0, 3, 1, 7, 7, 0, 0, 0, 0, 0}
	for _, swapped := range []bool{false, true} {
		m := newTestMerger()
		if swapped {
			m.add(1, 7, second, nil)
		} else {
			m.add(1, 1, first, nil)
		}
		m.add(0, 3, []float32{-1, -1, -1, 9}, nil)
		if swapped {
			m.add(1, 1, first, nil)
		} else {
			m.add(1, 7, second, nil)
		}
		require.Equal(t, want, m.labels.Data)
	}
}

// TestOutlinesStay checks that an outline keeps its pixels, whether another object claims them before or after.
func TestOutlinesStay(t *testing.T) {
	drawn, strong := []bool{true, false, false, false}, []float32{50, 50, -1, -1}
	for _, swapped := range []bool{false, true} {
		m := newTestMerger()
		if swapped {
			m.add(2, 2, strong, nil)
		}
		m.add(2, 1, nil, drawn)
		if !swapped {
			m.add(2, 2, strong, nil)
		}
		require.Equal(t, []int32{1, 2, 0, 0}, m.labels.Data[8:])
	}
}

// TestEarlierResultYieldsToOutlinesOnly checks that tracked objects do not take pixels from labels of an earlier result, but
// outlines do.
func TestEarlierResultYieldsToOutlinesOnly(t *testing.T) {
	m := newTestMerger(5, 5, 6, 0)
	m.erase(0, 6)
	m.add(0, 6, []float32{9, 9, -1, 9}, nil)
	require.Equal(t, []int32{5, 5, 0, 6}, m.labels.Data[:4], "other labels keep their pixels")
	m.add(0, 7, nil, []bool{false, true, false, true})
	require.Equal(t, []int32{5, 7, 0, 7}, m.labels.Data[:4])
}

// TestClaims checks that an object must avoid what other objects have in this run, but neither its own pixels nor labels of
// an earlier result.
func TestClaims(t *testing.T) {
	l := newTestMerger(0, 0, 0, 0, 7, 7, 0, 0)
	require.Equal(t, make([]float32, 4), l.claims(1, 1))
	l.toCome[2] = 2
	l.add(2, 7, []float32{3, -1, 0, 2}, nil)
	require.Equal(t, []float32{3, 0, 0, 2}, l.claims(2, 1))
	require.Equal(t, make([]float32, 4), l.claims(2, 7), "its own pixels")
}
