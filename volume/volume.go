package volume

import (
	"fmt"
	"math"
)

// Volume is a scalar image on a 3-D grid.
type Volume struct {
	Dim      [3]int    // voxels along each axis, in file order
	Data     []float32 // rescaled intensities, index x + Dim[0]*(y + Dim[1]*z)
	Geom     Geometry  // where the grid lies in space
	Modality string    // "CT", "MR", ... when the file says so (DICOM), else ""
	Path     string    // where it was read from
	Format   string    // "nifti", "nrrd", "mha", "dicom" or "stack"
	Notes    []string  // what the reader has to say that is no error: what was left out, assumed or mended
}

// maxVoxels bounds a volume: 2^31 voxels are 8 GiB of float32, far beyond any scan that this
// program could carry a mask through.
const maxVoxels = 1 << 31

// Read reads an image: a file, or a folder that holds one DICOM series or a stack of PNG or JPEG
// slices. Scale factors (NIfTI scl_slope and scl_inter, DICOM rescale) are applied in float64 and
// the result rounded to float32. NaN counts as the lowest value and infinity as the lowest or highest, with a note:
// programs write them outside the region that they computed.
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
	return v, v.mendVoxels()
}

// mendVoxels replaces NaN and infinite voxels, with a note; there must be others.
func (v *Volume) mendVoxels() error {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	bad := 0
	for _, x := range v.Data {
		if d := x - x; d != 0 { // NaN for NaN and for infinities
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

// CheckFinite returns an error that says how many voxels are NaN or infinite and where the first
// one is. There is no right value to put in their place, so they are refused instead of guessed.
func (v *Volume) CheckFinite() error {
	count, first := 0, -1
	for i, x := range v.Data {
		if d := x - x; d != 0 { // NaN for NaN and for infinities
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

// voxelName writes a data index as "(x,y,z)", counted from 0.
func voxelName(i int, dim [3]int) string {
	return fmt.Sprintf("(%d,%d,%d)", i%dim[0], i/dim[0]%dim[1], i/dim[0]/dim[1])
}

func displayPath(path string) string {
	if path == "" {
		return "(in memory)"
	}
	return path
}

// checkDim rejects sizes that are not positive or whose product is beyond maxVoxels, and returns
// the number of voxels.
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
