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
}

// Labels is a label map on a 3-D grid; 0 is background. Numbers are kept as they are in the file.
type Labels struct {
	Dim  [3]int   // voxels along each axis, in file order
	Data []int32  // labels, index x + Dim[0]*(y + Dim[1]*z)
	Geom Geometry // where the grid lies in space
	Path string   // where it was read from
}

// NewLabels returns an empty (all background) label map on the grid of v.
func NewLabels(v *Volume) *Labels {
	return &Labels{Dim: v.Dim, Data: make([]int32, len(v.Data)), Geom: v.Geom}
}

// maxVoxels bounds a volume: 2^31 voxels are 8 GiB of float32, far beyond any scan that this
// program could carry a mask through.
const maxVoxels = 1 << 31

// labelTolerance is how far a stored label may be from an integer. Masks stored as floats, or with
// a scale factor, come back with rounding errors of this order.
const labelTolerance = 1e-4

// Read reads an image: a file, or a folder that holds one DICOM series or a stack of PNG or JPEG
// slices. Scale factors (NIfTI scl_slope and scl_inter, DICOM rescale) are applied in float64 and
// the result rounded to float32. NaN or infinite voxels are an error (see CheckFinite).
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
	v := &Volume{Dim: src.dim, Data: data, Geom: src.geom, Modality: src.modality, Path: path, Format: src.format}
	if err := v.CheckFinite(); err != nil {
		return nil, err
	}
	return v, nil
}

// ReadLabels reads a label map from the same kinds of file as Read. Every voxel must be an integer
// that fits in 32 bits (within 1e-4, for masks stored as floats); anything else is an error that
// names the first such voxel. In a PNG stack with a palette the labels are the palette indices.
func ReadLabels(path string) (*Labels, error) {
	src, err := openSource(path, asLabels)
	if err != nil {
		return nil, fmt.Errorf("volume: read %s: %w", path, err)
	}
	defer src.close()
	data := make([]int32, 0, src.capacity())
	err = src.voxels(func(values []float64) error {
		for _, x := range values {
			n := math.Round(x)
			if !(math.Abs(x-n) <= labelTolerance) || math.Abs(n) > math.MaxInt32 {
				return fmt.Errorf("voxel %s holds %g: a label map must hold integers of at most 32 bits (is this an image instead of a mask?)",
					voxelName(len(data), src.dim), x)
			}
			data = append(data, int32(n))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("volume: read %s: %w", path, err)
	}
	return &Labels{Dim: src.dim, Data: data, Geom: src.geom, Path: path}, nil
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

// Counts returns how many voxels carry each label, background included.
func (l *Labels) Counts() map[int32]int {
	counts := make(map[int32]int)
	for start := 0; start < len(l.Data); {
		end := start + 1 // label maps are long runs: one map update per run
		for end < len(l.Data) && l.Data[end] == l.Data[start] {
			end++
		}
		counts[l.Data[start]] += end - start
		start = end
	}
	return counts
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
