package volume

import (
	"fmt"
	"strings"
)

// Gridded is anything with voxels on a grid: a *Volume or a *LabelMap.
type Gridded interface {
	Grid() Geometry // with the size of the voxel data; 1 mm voxels if no geometry was set
	path() string   // where it was read from
}

// Grid returns the grid of the voxels. A volume built by hand without a geometry has voxels of 1 mm.
func (v *Volume) Grid() Geometry { return v.Geom.orDefault(v.Dim) }

// Grid returns the grid of the voxels. A label map built by hand without a geometry has voxels of 1 mm.
func (l *LabelMap) Grid() Geometry { return l.Geom.orDefault(l.Dim) }

func (v *Volume) path() string   { return v.Path }
func (l *LabelMap) path() string { return l.Path }

// GridError means that a mask is not on the grid of its image.
type GridError struct {
	Image, Mask string   // paths
	Fields      []string // the fields that differ, as named by Diff
	AffineOnly  bool     // the dimensions agree
	detail, fix string
}

func (e *GridError) Error() string {
	what := "they differ in " + strings.Join(e.Fields, ", ")
	if e.AffineOnly {
		what = "the dimensions agree, only the affine differs (" + strings.Join(e.Fields, ", ") + ")"
	}
	return fmt.Sprintf("volume: %s is not on the grid of %s: %s: %s; %s", displayPath(e.Mask), displayPath(e.Image), what, e.detail, e.fix)
}

// gridError returns the error for a mask that is not on its image's grid, which says in what they differ and what to do. It never
// advises overwriting the mask's header: if the voxels are stored in another order, that would silently misplace the outlines.
func gridError(image, mask Gridded) *GridError {
	a, b := image.Grid(), mask.Grid()
	e := &GridError{Image: image.path(), Mask: mask.path(), Fields: a.Diff(b), AffineOnly: a.Dim == b.Dim,
		fix: "resample the mask onto the image's grid with nearest-neighbor interpolation"}
	if !e.AffineOnly {
		e.detail = fmt.Sprintf("mask %dx%dx%d voxels, image %dx%dx%d", b.Dim[0], b.Dim[1], b.Dim[2], a.Dim[0], a.Dim[1], a.Dim[2])
		return e
	}
	e.detail = fmt.Sprintf("mask %s, image %s, a corner moves by %.4g mm", b.describe(), a.describe(), a.CornerShift(b))
	if a.placed() && b.placed() && a.Orientation() != b.Orientation() {
		return e // voxels with the same index are in different places
	}
	e.fix = "if it was drawn on this very image, voxel for voxel, pass --ignore-geometry; otherwise " + e.fix
	return e
}

// CheckSameGrid returns a *GridError unless both are on the same grid, with voxels in the same order. It is for data that must
// match voxel by voxel; for files from users, see OntoGrid.
func CheckSameGrid(image, mask Gridded) error {
	if len(image.Grid().Diff(mask.Grid())) == 0 {
		return nil
	}
	return gridError(image, mask)
}
