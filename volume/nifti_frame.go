package volume

import (
	"errors"
	"fmt"
	"math"
)

// unitInMM returns the header's spatial unit in mm: meter, millimeter or micrometer, from the low
// three bits of xyzt_units. An unknown unit counts as millimeter.
func (f *NIfTIFrame) unitInMM() float64 {
	switch f.XYZTUnits & 7 {
	case 1:
		return 1000
	case 3:
		return 0.001
	}
	return 1
}

// repair replaces values that no program can use, and returns notes on what it did: a pixdim that is 0, NaN or infinite becomes
// the sform's spacing if that is valid, else 1; an sform or qform that is not finite is dropped. The repaired frame is also
// what is written back.
func (f *NIfTIFrame) repair() (notes []string) {
	sform := Affine{f.SRow[0], f.SRow[1], f.SRow[2], {0, 0, 0, 1}}
	if !sform.finite() {
		if f.SFormCode > 0 && f.QFormCode > 0 {
			notes = append(notes, "the sform has NaN or infinite numbers: the qform is used instead")
			f.SFormCode = 0
		}
		if f.SFormCode <= 0 {
			f.SRow = [3][4]float64{}
		}
	}
	for i := range f.PixDim {
		if x := f.PixDim[i]; math.IsNaN(x) || math.IsInf(x, 0) || (x == 0 && i >= 1 && i <= 3) {
			f.PixDim[i] = 1
			if i < 1 || i > 3 {
				continue
			}
			from := "1"
			if n := norm(sform.column(i - 1)); f.SFormCode > 0 && n > 0 && !math.IsInf(n, 0) {
				f.PixDim[i], from = n, "the sform's"
			}
			if i <= f.NDim {
				notes = append(notes, fmt.Sprintf("pixdim[%d] is %g: %s is used instead", i, x, from))
			}
		}
	}
	rest := Affine{{f.Quatern[0], f.Quatern[1], f.Quatern[2]}, {f.QOffset[0], f.QOffset[1], f.QOffset[2]}}
	if !rest.finite() && (f.SFormCode > 0 || f.QFormCode <= 0) {
		if f.QFormCode > 0 {
			notes = append(notes, "the qform has NaN or infinite numbers and is ignored")
		}
		f.QFormCode, f.Quatern, f.QOffset = 0, [3]float64{}, [3]float64{}
	}
	return notes
}

// geometry derives spacing and affine like nibabel: from the sform if sform_code is positive, else from the
// qform if qform_code is, else from pixdim alone, with x flipped and the origin in the middle of the grid.
func (f *NIfTIFrame) geometry(dim [3]int) (Geometry, error) {
	g := Geometry{Dim: dim, NIfTI: *f}
	switch {
	case f.SFormCode > 0:
		g.Affine = Affine{f.SRow[0], f.SRow[1], f.SRow[2], {0, 0, 0, 1}}
	case f.QFormCode > 0:
		g.Affine = f.qform()
	default:
		g.Affine = f.pixdimAffine(dim)
	}
	if !g.Affine.finite() {
		return g, errors.New("NIfTI: the affine (sform, qform or pixdim) holds NaN or infinite numbers: corrupt header")
	}
	unit := f.unitInMM()
	g.Affine = g.Affine.scaled(unit)
	for axis := range 3 {
		g.Spacing[axis] = math.Abs(f.PixDim[axis+1]) * unit
		if s := g.Spacing[axis]; !(s > 0) || math.IsInf(s, 0) { // pixdim is not set, so use the affine
			g.Spacing[axis] = norm(g.Affine.column(axis))
		}
		if g.Spacing[axis] == 0 {
			g.Spacing[axis] = 1
		}
	}
	return g, nil
}

// halfTurn returns how close to 1 the squared vector part of a quaternion must be to count as a half turn:
// nibabel's thresholds, three times the machine epsilon of the version's floating-point type.
func (f *NIfTIFrame) halfTurn() float64 {
	if f.Version == 2 {
		return 3 * 0x1p-52
	}
	return 3 * 0x1p-23
}

// qform returns the affine of the quaternion, like nibabel and nifti1_io's quatern_to_mat44.
func (f *NIfTIFrame) qform() Affine {
	b, c, d := f.Quatern[0], f.Quatern[1], f.Quatern[2]
	a := 1 - (b*b + c*c + d*d)
	if a < f.halfTurn() { // a half turn, up to rounding: normalize the vector part
		n := 1 / math.Sqrt(b*b+c*c+d*d)
		b, c, d, a = b*n, c*n, d*n, 0
	} else {
		a = math.Sqrt(a)
	}
	x := [3]float64{a*a + b*b - c*c - d*d, 2*b*c + 2*a*d, 2*b*d - 2*a*c}
	y := [3]float64{2*b*c - 2*a*d, a*a + c*c - b*b - d*d, 2*c*d + 2*a*b}
	z := [3]float64{2*b*d + 2*a*c, 2*c*d - 2*a*b, a*a + d*d - c*c - b*b}
	depth := f.PixDim[3]
	if f.PixDim[0] < 0 { // qfac
		depth = -depth
	}
	return affineFromColumns(scale(x, f.PixDim[1]), scale(y, f.PixDim[2]), scale(z, depth), f.QOffset)
}

// pixdimAffine returns the affine of a header with neither sform nor qform.
func (f *NIfTIFrame) pixdimAffine(dim [3]int) Affine {
	var a Affine
	for axis := range 3 {
		step := math.Abs(f.PixDim[axis+1])
		if axis == 0 {
			step = -step
		}
		a[axis][axis] = step
		a[axis][3] = -step * float64(dim[axis]-1) / 2
	}
	a[3][3] = 1
	return a
}

// niftiFrame returns the header fields to write for a grid: those of the NIfTI file it came from, or
// new ones (sform and, if the axes allow it, qform, both as scanner coordinates).
func (g Geometry) niftiFrame() NIfTIFrame {
	if g.NIfTI.Version != 0 {
		return g.NIfTI
	}
	f := NIfTIFrame{Version: 1, NDim: 3, SFormCode: 1, XYZTUnits: 2}
	copy(f.PixDim[:], []float64{1, g.Spacing[0], g.Spacing[1], g.Spacing[2], 1, 1, 1, 1})
	if g.Nominal {
		f.SFormCode = 0
		return f
	}
	for r := range 3 {
		f.SRow[r] = g.Affine[r]
	}
	f.setQForm(g.Affine)
	return f
}

// setQForm sets the quaternion fields if the axes of a slice are orthogonal. If slices are shifted against each other (tilted
// gantry), only the sform can express that. The qform, for programs that only read it (ITK), then stacks the slices straight,
// at their true distance.
func (f *NIfTIFrame) setQForm(a Affine) {
	var unit [3][3]float64
	for axis := range 3 {
		c := a.column(axis)
		n := norm(c)
		if n == 0 {
			return
		}
		unit[axis] = scale(c, 1/n)
	}
	const skew = 1e-4 // cosine between axes, above the rounding of six-digit direction cosines
	if math.Abs(dot(unit[0], unit[1])) > skew {
		return
	}
	f.PixDim[0] = 1
	n := cross(unit[0], unit[1])
	along := dot(n, unit[2])
	if along < 0 {
		f.PixDim[0], along = -1, -along
	}
	if math.Abs(dot(unit[0], unit[2])) > skew || math.Abs(dot(unit[1], unit[2])) > skew {
		f.PixDim[3] *= along / norm(n)
	}
	unit[2] = scale(n, 1/norm(n)) // a quaternion is a rotation; qfac reverses the axis
	f.Quatern = quaternion(unit)
	f.QOffset = a.column(3)
	f.QFormCode = 1
}

// quaternion returns b, c, d of the rotation whose columns are u, with a >= 0 (nifti1_io's
// mat44_to_quatern).
func quaternion(u [3][3]float64) [3]float64 {
	r := func(row, col int) float64 { return u[col][row] }
	var a, b, c, d float64
	if t := r(0, 0) + r(1, 1) + r(2, 2) + 1; t > 0.5 {
		a = math.Sqrt(t) / 2
		b = (r(2, 1) - r(1, 2)) / (4 * a)
		c = (r(0, 2) - r(2, 0)) / (4 * a)
		d = (r(1, 0) - r(0, 1)) / (4 * a)
		return [3]float64{b, c, d}
	}
	xd := 1 + r(0, 0) - (r(1, 1) + r(2, 2)) // 4b^2, 4c^2, 4d^2: divide by the largest
	yd := 1 + r(1, 1) - (r(0, 0) + r(2, 2))
	zd := 1 + r(2, 2) - (r(0, 0) + r(1, 1))
	switch {
	case xd > 1:
		b = math.Sqrt(xd) / 2
		c, d, a = (r(0, 1)+r(1, 0))/(4*b), (r(0, 2)+r(2, 0))/(4*b), (r(2, 1)-r(1, 2))/(4*b)
	case yd > 1:
		c = math.Sqrt(yd) / 2
		b, d, a = (r(0, 1)+r(1, 0))/(4*c), (r(1, 2)+r(2, 1))/(4*c), (r(0, 2)-r(2, 0))/(4*c)
	default:
		d = math.Sqrt(zd) / 2
		b, c, a = (r(0, 2)+r(2, 0))/(4*d), (r(1, 2)+r(2, 1))/(4*d), (r(1, 0)-r(0, 1))/(4*d)
	}
	if a < 0 {
		b, c, d = -b, -c, -d
	}
	return [3]float64{b, c, d}
}
