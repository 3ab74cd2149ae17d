package volume

import "math"

// placed reports whether the file states the grid's position. A NIfTI header with both codes 0 does not: readers then choose an
// origin, and differ in which.
func (g Geometry) placed() bool {
	codeless := g.NIfTI.Version != 0 && g.NIfTI.QFormCode <= 0 && g.NIfTI.SFormCode <= 0
	return !g.Nominal && !g.Unplaced && !codeless
}

// sized reports whether the file states the size of its voxels. A NIfTI header without codes and unit, and with steps of 1, does
// not: it is what saving a plain NumPy array gives.
func (g Geometry) sized() bool {
	f := g.NIfTI
	bare := f.Version != 0 && !g.placed() && f.XYZTUnits&7 == 0 && f.PixDim[1] == 1 && f.PixDim[2] == 1 && f.PixDim[3] == 1
	return !g.Nominal && !bare
}

// flat reports whether the file is two-dimensional, so that the position of its slice may be a placeholder.
func (g Geometry) flat() bool { return g.Flat || g.NIfTI.Version != 0 && g.NIfTI.NDim == 2 }

// reading is one way to read a grid's position from a header.
type reading struct {
	affine Affine
	what   string // "sform" or "qform"; "" for formats with only one affine
	unit   bool   // with the other file's unit, because this file states none
}

// readings lists the ways to read a grid's position, the usual one first. A NIfTI header may have two affines, and programs differ
// in which they use. A header without a unit may mean the unit of the file beside it.
func (g Geometry) readings(beside Geometry) []reading {
	if g.NIfTI.Version == 0 {
		return []reading{{affine: g.Affine}}
	}
	f := g.NIfTI
	var list []reading
	if f.SFormCode > 0 {
		list = append(list, reading{affine: Affine{f.SRow[0], f.SRow[1], f.SRow[2], {0, 0, 0, 1}}, what: "sform"})
	}
	if f.QFormCode > 0 {
		list = append(list, reading{affine: f.qform(), what: "qform"})
	}
	for i := range list {
		list[i].affine = list[i].affine.scaled(f.unitInMM())
	}
	if other := beside.NIfTI; f.XYZTUnits&7 == 0 && other.Version != 0 && other.unitInMM() != 1 {
		for _, r := range list[:len(list):len(list)] {
			list = append(list, reading{r.affine.scaled(other.unitInMM()), r.what, true})
		}
	}
	return list
}

// spacingAgrees reports whether voxel sizes agree to a hundredth of the smaller one. A file without a unit may mean the unit of the
// other.
func spacingAgrees(a, b Geometry) bool {
	alike := func(factor float64) bool {
		for axis := range 3 {
			x, y := a.Spacing[axis]*factor, b.Spacing[axis]
			if a.Dim[axis] > 1 && math.Abs(x-y) > gridTolerance*min(x, y) {
				return false
			}
		}
		return true
	}
	return alike(1) || statesNoUnit(a) && alike(b.NIfTI.unitInMM()) || statesNoUnit(b) && alike(1/a.NIfTI.unitInMM())
}

// statesNoUnit reports whether a NIfTI header has no unit.
func statesNoUnit(g Geometry) bool { return g.NIfTI.Version != 0 && g.NIfTI.XYZTUnits&7 == 0 }

// stated records what an NRRD header does not state.
func (h *nrrdHeader) stated(g *Geometry) {
	placed := h.fields["space directions"] != ""
	g.Unplaced = !placed
	g.Nominal = !placed && h.fields["spacings"] == ""
	g.Flat = h.fields["dimension"] == "2"
}

// stated records what a MetaImage header does not state.
func (h mhaHeader) stated(g *Geometry) {
	placed := firstField(h, "transformmatrix", "rotation", "orientation", "offset", "position", "origin") != ""
	g.Unplaced = !placed
	g.Nominal = !placed && firstField(h, "elementspacing", "elementsize") == ""
	g.Flat = h["ndims"] == "2"
}
