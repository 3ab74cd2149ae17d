package eval

import "math"

// SliceScores is the slice-wise view of one label along one axis: the paper's over-propagation study. A slice is present
// if the truth holds the label there. In an absent slice the DSC is 1 if the prediction is empty and 0 if it is not.
type SliceScores struct {
	DSC        []float64 // per slice of the volume; NaN on excluded slices
	Truth      []int     // voxels of the truth per slice
	Prediction []int     // voxels of the prediction per slice

	Present, Absent       int     // counted slices of either kind
	PresentDSC, AbsentDSC float64 // mean DSC over them; NaN if there are none
	OverPropagated        int     // absent slices with a prediction
	Missed                int     // present slices without one
}

// sliceScores derives the slice-wise measures from voxel counts.
func sliceScores(t tallies, exclude []bool) SliceScores {
	s := SliceScores{DSC: make([]float64, len(t.truth)), Truth: t.truth, Prediction: t.prediction}
	var present, absent float64
	for i, truth := range t.truth {
		if exclude != nil && exclude[i] {
			s.DSC[i] = math.NaN()
			continue
		}
		s.DSC[i] = dice(truth, t.prediction[i], t.both[i])
		if truth > 0 {
			s.Present++
			present += s.DSC[i]
			if t.prediction[i] == 0 {
				s.Missed++
			}
			continue
		}
		s.Absent++
		absent += s.DSC[i]
		if t.prediction[i] > 0 {
			s.OverPropagated++
		}
	}
	s.PresentDSC, s.AbsentDSC = present/float64(s.Present), absent/float64(s.Absent) // 0/0 is NaN
	return s
}
