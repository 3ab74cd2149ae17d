package volume

import (
	"fmt"
	"math"
)

// Affine maps voxel indices to millimeters in the RAS+ frame: p = A * (i, j, k, 1). Row-major; the
// last row is 0 0 0 1.
type Affine [4][4]float64

// Geometry describes a grid's position in space.
type Geometry struct {
	Dim     [3]int       // voxels along each axis
	Spacing [3]float64   // mm between voxel centers along each axis, positive
	Affine  Affine       // voxel index to RAS+ mm
	NIfTI   NIfTIFrame   // header fields of a NIfTI source, written back verbatim; zero for other sources
	DICOM   *DICOMSeries // the series that the grid comes from; nil for other sources

	// What the file does not state, which is therefore not compared.
	Nominal  bool     // neither voxel size nor position is stated (PNG/JPEG stack): Affine is a placeholder
	Unplaced bool     // the position is not stated: Affine's directions and origin are placeholders, its steps are valid
	Flat     bool     // the file is two-dimensional: the position of its slice may be a placeholder
	Frames   []string // names of a stack's slices, in order, without folder and extension
}

// Voxel sizes (mm) outside these bounds exist only in damaged headers, and calculations with them overflow.
const minVoxelSize, maxVoxelSize = 1e-9, 1e9

// Check reports a grid that cannot lie in space: impossible voxel sizes, or an affine that is not finite.
func (g Geometry) Check() error {
	for _, s := range g.Spacing {
		if !(s >= minVoxelSize && s <= maxVoxelSize) {
			return fmt.Errorf("voxels of %g x %g x %g mm: each side must be from %g to %g mm; correct the header",
				g.Spacing[0], g.Spacing[1], g.Spacing[2], minVoxelSize, maxVoxelSize)
		}
	}
	if !g.Affine.finite() {
		return fmt.Errorf("the affine %v is not finite; correct the header", g.Affine)
	}
	return nil
}

// NIfTIFrame holds the orientation fields of a NIfTI header as stored, so that labels written for
// this grid show any reader exactly the same frame. Float32 fields are kept exactly in float64.
type NIfTIFrame struct {
	Version   int        // 1 or 2; 0 if the source is no NIfTI file
	NDim      int        // dim[0]
	PixDim    [8]float64 // pixdim; [0] is qfac
	QFormCode int32
	SFormCode int32
	Quatern   [3]float64 // b, c, d
	QOffset   [3]float64
	SRow      [3][4]float64
	XYZTUnits int32
	Third     int // the header's axis that is the grid's third axis, if it is not 3; else 0
}

// NewGeometry returns an axis-aligned RAS+ grid with its first voxel at the origin. The spacing is in mm.
func NewGeometry(dim [3]int, spacing [3]float64) Geometry {
	var a Affine
	for axis := range 3 {
		a[axis][axis] = spacing[axis]
	}
	a[3][3] = 1
	return GeometryFromAffine(dim, a)
}

// GeometryFromAffine returns the grid with the given voxel-to-RAS+ map. Its spacing is the length of the
// map's columns.
func GeometryFromAffine(dim [3]int, a Affine) Geometry {
	g := Geometry{Dim: dim, Affine: a}
	for axis := range 3 {
		g.Spacing[axis] = norm(a.column(axis))
	}
	return g
}

// orDefault returns g, or a 1 mm grid if g was never set (in volumes built by hand), with the size dim.
func (g Geometry) orDefault(dim [3]int) Geometry {
	if g.Affine == (Affine{}) {
		g = NewGeometry(dim, [3]float64{1, 1, 1})
	}
	g.Dim = dim
	return g
}

// gridTolerance is the largest shift of a grid corner, in units of the smallest spacing, at which two
// grids still count as the same: a hundredth of a voxel is far above the rounding of float32 headers
// and of DICOM decimal strings, and far below anything visible.
const gridTolerance = 0.01

// Diff names the fields in which two grids differ: "dimensions", "affine spacing", "affine
// orientation", "affine origin"; none if the grids are the same. Affines count as equal if no corner of
// the grid moves by more than a hundredth of the smallest spacing. A nominal geometry (PNG/JPEG stack)
// has no position, so only the dimensions are compared.
func (g Geometry) Diff(other Geometry) []string {
	var fields []string
	if g.Dim != other.Dim {
		fields = append(fields, "dimensions")
	}
	if g.Nominal || other.Nominal {
		return fields
	}
	limit := gridTolerance * min(g.Spacing[0], g.Spacing[1], g.Spacing[2])
	if g.CornerShift(other) <= limit {
		return fields
	}
	var spacing, orientation bool
	for axis := range 3 {
		a, b := g.Affine.column(axis), other.Affine.column(axis)
		reach := float64(max(g.Dim[axis]-1, 1))
		na, nb := norm(a), norm(b)
		spacing = spacing || math.Abs(na-nb)*reach > limit
		if na > 0 && nb > 0 {
			turn := norm(sub(scale(a, 1/na), scale(b, 1/nb)))
			orientation = orientation || turn*na*reach > limit
		}
	}
	if spacing {
		fields = append(fields, "affine spacing")
	}
	if orientation {
		fields = append(fields, "affine orientation")
	}
	if (!spacing && !orientation) || norm(sub(g.Affine.column(3), other.Affine.column(3))) > limit {
		fields = append(fields, "affine origin")
	}
	return fields
}

// CornerShift returns the largest distance, in mm, between the positions of a corner of g's grid in both affines.
func (g Geometry) CornerShift(other Geometry) float64 {
	var worst float64
	for corner := range 8 {
		var p [3]float64
		for axis := range 3 {
			if corner>>axis&1 == 1 {
				p[axis] = float64(g.Dim[axis] - 1)
			}
		}
		worst = max(worst, norm(sub(g.Affine.apply(p), other.Affine.apply(p))))
	}
	return worst
}

// describe returns spacing, axis codes and origin in one line.
func (g Geometry) describe() string {
	o := g.Affine.column(3)
	return fmt.Sprintf("spacing %.4gx%.4gx%.4g mm %s origin (%.4g, %.4g, %.4g)",
		g.Spacing[0], g.Spacing[1], g.Spacing[2], g.Orientation(), o[0], o[1], o[2])
}

// Orientation returns, for each axis, the anatomical direction that it mostly points to, like nibabel's
// aff2axcodes: R or L, A or P, S or I ("RAS", "LPS", ...); "?" for an axis without a direction.
func (g Geometry) Orientation() string {
	codes := []byte("???")
	taken := [3]bool{}
	for range 3 { // the strongest match first; each direction is used once
		best, axisOf, rowOf := 0.0, -1, -1
		for axis := range 3 {
			c := g.Affine.column(axis)
			for row := range 3 {
				if n := norm(c); codes[axis] == '?' && !taken[row] && n > 0 && math.Abs(c[row])/n > best {
					best, axisOf, rowOf = math.Abs(c[row])/n, axis, row
				}
			}
		}
		if axisOf < 0 {
			break
		}
		taken[rowOf] = true
		codes[axisOf] = "RAS"[rowOf]
		if g.Affine[rowOf][axisOf] < 0 {
			codes[axisOf] = "LPI"[rowOf]
		}
	}
	return string(codes)
}

// spacingTie is the relative difference below which two spacings count as equal.
const spacingTie = 1e-3

// AcquisitionAxis returns the axis along which slices were acquired: the one with the largest spacing. If two
// axes share the largest spacing (within a thousandth), they are those of a slice with square pixels, and the
// third axis is returned; if all three do, the last one.
func (g Geometry) AcquisitionAxis() int {
	s := g.Spacing
	top := max(s[0], s[1], s[2]) * (1 - spacingTie)
	var largest, others []int
	for axis := range 3 {
		if s[axis] >= top {
			largest = append(largest, axis)
		} else {
			others = append(others, axis)
		}
	}
	switch len(largest) {
	case 1:
		return largest[0]
	case 2:
		return others[0]
	}
	return 2
}

// AcquisitionAxis returns the acquisition axis of the volume's grid.
func (v *Volume) AcquisitionAxis() int { return v.Grid().AcquisitionAxis() }

// AcquisitionAxis returns the acquisition axis of the label map's grid.
func (l *LabelMap) AcquisitionAxis() int { return l.Grid().AcquisitionAxis() }
