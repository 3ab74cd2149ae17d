package slmsam_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

func newMerged() (*volume.LabelMap, *slmsam.Merger) {
	dim := [3]int{4, 1, 3}
	l := &volume.LabelMap{Dim: dim, Data: make([]int32, 12), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 1})}
	return l, slmsam.NewMerger(l, 2)
}

func TestMergerGivesOverlapsToTheHigherLogit(t *testing.T) {
	first := slmsam.ObjectResult{Object: 1, Logits: []float32{3, 3, -1, 0}}
	second := slmsam.ObjectResult{Object: 7, Logits: []float32{-1, 5, 2, 0}}
	want := []int32{0, 0, 0, 0, 1, 7, 7, 0, 0, 0, 0, 0}

	together, m := newMerged()
	m.Add(1, []slmsam.ObjectResult{first, second}, nil)
	require.Equal(t, want, together.Data)

	// On different visits, in either order, the result is the same.
	for _, order := range [][]slmsam.ObjectResult{{first, second}, {second, first}} {
		labels, m := newMerged()
		m.Add(1, order[:1], nil)
		m.Add(0, []slmsam.ObjectResult{{Object: 3, Logits: []float32{-1, -1, -1, 9}}}, nil)
		m.Add(1, order[1:], nil)
		require.Equal(t, append([]int32{0, 0, 0, 3}, want[4:]...), labels.Data)
	}
}

func TestMergerKeepsTheUsersMask(t *testing.T) {
	mask := slmsam.ObjectResult{Object: 1, Logits: []float32{10, -10, -10, -10}}
	strong := slmsam.ObjectResult{Object: 2, Logits: []float32{50, 50, -1, -1}}
	for _, order := range [][]slmsam.ObjectResult{{mask, strong}, {strong, mask}} {
		labels, m := newMerged()
		for _, o := range order {
			m.Add(2, []slmsam.ObjectResult{o}, func(object int) bool { return object == 1 })
		}
		require.Equal(t, []int32{1, 2, 0, 0}, labels.Data[8:])
	}
}
