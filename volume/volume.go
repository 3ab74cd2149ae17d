package volume

import (
	"fmt"
	"math"
)

// Volume is a scalar image on a 3-D grid.
type Volume struct {
	Dim      [3]int    // voxels along each axis, in file order
	Data     []float32 // rescaled intensities, index x + Dim[0]*(y + Dim[1]*z)
	Geom     Geometry  // the grid's position in space
	Modality string    // "CT", "MR", ... if the file states it (DICOM), else ""
	Path     string    // where it was read from
	Format   string    // "nifti", "nrrd", "mha", "dicom" or "stack"
	Notes    []string  // messages that are not errors: what the reader left out, assumed or repaired
}

// maxVoxels bounds a volume: 2^31 voxels are 8 GiB of float32, far more than any scan that this
// program could propagate a mask through.
const maxVoxels = 1 << 31

// Read reads an image: a file, or a folder that holds one DICOM series or a stack of PNG or JPEG
// slices. Scale factors (NIfTI scl_slope and scl_inter, DICOM rescale) are applied in float64, and
// the result is rounded to float32. NaN and infinite values, which some programs write outside the region they have
// computed, become the lowest or highest finite value, with a note.
func Read(path string) (*Volume, error) {
	src, err := openSource(path, asImage)
	if err != nil {
		return nil, fmt.Errorf("volume: read %s: %w", path, err)
	}
	defer src.close()
	data := make([]float32, 0, src.capacity())
	err = src.voxels(func(values []float64) error {
		for _, x := range values {
			data = append(data, float32(x))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("volume: read %s: %w", path, err)
	}
	v := &Volume{Dim: src.dim, Data: data, Geom: src.geom, Modality: src.modality, Path: path, Format: src.format, Notes: src.notes}
	return v, v.repairVoxels()
}

// repairVoxels replaces NaN and infinite voxels, with a note. It returns an error if no voxel is finite.
func (v *Volume) repairVoxels() error {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	bad := 0
	for _, x := range v.Data {
		if d := x - x; d != 0 { // d is NaN for NaN and infinities
			bad++
		} else {
			lo, hi = min(lo, x), max(hi, x)
		}
	}
	if bad == 0 {
		return nil
	}
	if lo > hi {
		return fmt.Errorf("volume: %s: all voxels are NaN or infinite", displayPath(v.Path))
	}
	for i, x := range v.Data {
		switch {
		case math.IsInf(float64(x), 1):
			v.Data[i] = hi
		case x-x != 0:
			v.Data[i] = lo
		}
	}
	v.Notes = append(v.Notes, fmt.Sprintf("%d of %d voxels are NaN or infinite: they count as the lowest value (%g), +infinity as the highest (%g)", bad, len(v.Data), lo, hi))
	return nil
}

// CheckFinite returns an error if voxels are NaN or infinite, which says how many and where the first
// one is. There is no right value to replace them with, so they are refused.
func (v *Volume) CheckFinite() error {
	count, first := 0, -1
	for i, x := range v.Data {
		if d := x - x; d != 0 { // d is NaN for NaN and infinities
			count++
			if first < 0 {
				first = i
			}
		}
	}
	if count == 0 {
		return nil
	}
	return fmt.Errorf("volume: %s: %d of %d voxels are NaN or infinite, the first is voxel %s: replace them first (for example numpy.nan_to_num)",
		displayPath(v.Path), count, len(v.Data), voxelName(first, v.Dim))
}

// voxelName returns the voxel with a data index as "(x,y,z)", counted from 0.
func voxelName(i int, dim [3]int) string {
	return fmt.Sprintf("(%d,%d,%d)", i%dim[0], i/dim[0]%dim[1], i/dim[0]/dim[1])
}

// displayPath returns a path for messages.
func displayPath(path string) string {
	if path == "" {
		return "(in memory)"
	}
	return path
}

// checkDim returns the number of voxels, or an error if a size is not positive or their product exceeds
// maxVoxels.
func checkDim(dim [3]int) (int, error) {
	n := 1
	for axis, d := range dim {
		if d <= 0 {
			return 0, fmt.Errorf("axis %d has size %d: sizes must be positive", axis, d)
		}
		if d > maxVoxels/n {
			return 0, fmt.Errorf("%dx%dx%d voxels are more than the %d that a volume may have (corrupt header?)", dim[0], dim[1], dim[2], maxVoxels)
		}
		n *= d
	}
	return n, nil
}
