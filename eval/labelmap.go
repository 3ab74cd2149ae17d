package eval

import (
	"errors"
	"fmt"
	"math"
)

// LabelMap is an integer segmentation on a regular grid. Voxel (x, y, z) is Data[(z*Dim[1]+y)*Dim[0]+x]:
// axis 0 runs fastest, as in NIfTI. 0 is background.
type LabelMap struct {
	Dim     [3]int     // voxels along axes 0, 1, 2
	Spacing [3]float64 // mm per voxel along axes 0, 1, 2
	Data    []int32    // len = Dim[0]*Dim[1]*Dim[2]
	// Affine takes a voxel index (x, y, z, 1) to patient mm. The zero matrix means "unknown": only dimensions and spacing
	// are then compared between truth and prediction.
	Affine [4][4]float64
}

// Loader reads one label map from a file (or series folder). It must fail, rather than round, on values that are not
// integers; LabelsFromFloats does that check.
type Loader func(path string) (*LabelMap, error)

// Tolerances of grid comparison: file formats keep geometry in float32 or in decimal text.
const (
	spacingRelTol = 1e-3 // relative difference of spacing along one axis
	affineTolMM   = 1e-2 // displacement, in mm, of a corner voxel
)

// LabelsFromFloats turns floating-point voxels into labels. It fails on NaN, infinities, fractions, negative values and
// values above 2^31-1, and says where the first one is and how many there are: rounding would hide a probability map or
// a resampled mask.
func LabelsFromFloats(values []float64) ([]int32, error) {
	labels := make([]int32, len(values))
	bad, first := 0, -1
	for i, v := range values {
		if !(v >= 0 && v <= math.MaxInt32) || v != math.Trunc(v) {
			if bad++; first < 0 {
				first = i
			}
			continue
		}
		labels[i] = int32(v)
	}
	if bad > 0 {
		return nil, fmt.Errorf("eval: not a label map: %d of %d voxels are not non-negative integers (first: %g at index %d); "+
			"threshold probabilities, and resample masks with nearest neighbour", bad, len(values), values[first], first)
	}
	return labels, nil
}

// Validate reports the first reason why m cannot be scored: missing data, empty or overflowing dimensions, a spacing that
// is not positive and finite, or a negative label.
func (m *LabelMap) Validate() error {
	if m == nil {
		return errors.New("eval: label map is nil")
	}
	n := 1
	for axis, d := range m.Dim {
		if d <= 0 {
			return fmt.Errorf("eval: label map has dimensions %v; every axis needs at least one voxel", m.Dim)
		}
		if n > math.MaxInt32/d {
			return fmt.Errorf("eval: label map of %v voxels is too large (limit 2^31-1); crop it", m.Dim)
		}
		n *= d
		if s := m.Spacing[axis]; !(s > 0) || math.IsInf(s, 0) {
			return fmt.Errorf("eval: label map has spacing %v mm; every axis needs a positive, finite spacing", m.Spacing)
		}
	}
	if len(m.Data) != n {
		return fmt.Errorf("eval: label map of %v voxels holds %d values, want %d", m.Dim, len(m.Data), n)
	}
	for i, v := range m.Data {
		if v < 0 {
			return fmt.Errorf("eval: label map holds the negative label %d (index %d); labels are 0 (background) and up", v, i)
		}
	}
	return nil
}

// SameGrid returns nil if a and b have equal dimensions, spacing (relative 1e-3) and, where both state an affine, corner
// voxels within 0.01 mm of each other. It assumes that both are valid.
func SameGrid(a, b *LabelMap) error {
	if a.Dim != b.Dim {
		return fmt.Errorf("different grids: %v voxels and %v", a.Dim, b.Dim)
	}
	for axis := range a.Spacing {
		if d := math.Abs(a.Spacing[axis] - b.Spacing[axis]); !(d <= spacingRelTol*b.Spacing[axis]) {
			return fmt.Errorf("different grids: spacing %.5g mm and %.5g mm", a.Spacing, b.Spacing)
		}
	}
	if a.Affine == [4][4]float64{} || b.Affine == [4][4]float64{} {
		return nil
	}
	for corner := range 8 {
		var index [3]float64
		for axis := range index {
			index[axis] = float64((corner >> axis & 1) * (a.Dim[axis] - 1))
		}
		pa, pb := a.position(index), b.position(index)
		d := math.Hypot(math.Hypot(pa[0]-pb[0], pa[1]-pb[1]), pa[2]-pb[2])
		if !(d <= affineTolMM) {
			return fmt.Errorf("different grids: voxel %v lies at %.4g mm in one and at %.4g mm in the other", index, pa, pb)
		}
	}
	return nil
}

// position returns the patient position in mm of a voxel index.
func (m *LabelMap) position(index [3]float64) (p [3]float64) {
	for row := range p {
		p[row] = m.Affine[row][3]
		for col := range index {
			p[row] += m.Affine[row][col] * index[col]
		}
	}
	return p
}

// AcquisitionAxis returns the axis along which slices are taken unless the user says otherwise: the one of largest
// spacing; if two axes share the largest (within 1e-3), the third, because a slice's pixels are square; axis 2 if all are
// equal.
func (m *LabelMap) AcquisitionAxis() int {
	same := func(a, b int) bool {
		return math.Abs(m.Spacing[a]-m.Spacing[b]) <= spacingRelTol*max(m.Spacing[a], m.Spacing[b])
	}
	largest := 0
	for axis := 1; axis < 3; axis++ {
		if m.Spacing[axis] > m.Spacing[largest] {
			largest = axis
		}
	}
	second, third := (largest+1)%3, (largest+2)%3
	switch tiedSecond, tiedThird := same(largest, second), same(largest, third); {
	case tiedSecond && tiedThird:
		return 2
	case tiedSecond:
		return third
	case tiedThird:
		return second
	}
	return largest
}
