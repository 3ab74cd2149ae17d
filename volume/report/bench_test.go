package report

import (
	"io"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// big returns a CT of 512 x 512 x 300 voxels with ten labels on most slices, two of which are doubtful on some.
func big() Study {
	dim := [3]int{512, 512, 300}
	v := &volume.Volume{Dim: dim, Data: make([]float32, 512*512*300), Geom: volume.NewGeometry(dim, [3]float64{0.8, 0.8, 1.5}), Modality: "CT"}
	for i := range v.Data {
		v.Data[i] = float32(i*7919%400 - 150)
	}
	s := Study{Title: "big", Image: v, Labels: volume.NewLabelMap(v), Axis: 2}
	for o := range 10 {
		object := Object{Label: o + 1}
		for z := range 300 {
			r := min(z, 299-z)/4 + 5
			pix := s.Labels.Slice(2, z)
			for y := range r {
				for x := range r {
					pix[(60+o/5*200+y)*512+40+o%5*90+x] = int32(o + 1)
				}
			}
			s.Labels.SetSlice(2, z, pix)
			sl := Slice{Index: z, Score: 3, Area: r * r, Outlined: z == 150}
			if o < 2 && z%20 == 0 {
				sl.Doubts = []string{"area jumps"}
			}
			object.Slices = append(object.Slices, sl)
		}
		s.Objects = append(s.Objects, object)
	}
	return s
}

// BenchmarkMontage measures the montage of a large study, which should take less than 3 s.
func BenchmarkMontage(b *testing.B) {
	s := big()
	for b.Loop() {
		require.NoError(b, Montage(io.Discard, s))
	}
}

// BenchmarkPresence measures the presence plot of a large study.
func BenchmarkPresence(b *testing.B) {
	s := big()
	for b.Loop() {
		require.NoError(b, Presence(io.Discard, s))
	}
}
