package volume

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"strings"
)

// LabelMap is a segmentation: one integer per voxel of a 3-D grid, 0 for background. The numbers are those
// of the file.
type LabelMap struct {
	Dim    [3]int          // voxels along each axis, in file order
	Data   []int32         // labels, index x + Dim[0]*(y + Dim[1]*z)
	Geom   Geometry        // the grid's position in space
	Path   string          // where it was read from
	Legend map[int32]Label // names and colors, for labels that have them
	Notes  []string        // messages that are not errors: what the reader left out, assumed or repaired
	sparse bool            // a DICOM segmentation, which may hold only some slices of its image
}

// Label is the name and color of a label.
type Label struct {
	Name  string
	Color color.RGBA // transparent: not stated
}

// Name returns the legend's name of a label, or a name such as "label 3".
func (l *LabelMap) Name(label int32) string { return LabelName(l.Legend, label) }

// LabelName returns the name of a label in a legend or, if it has none, a name such as "label 3".
func LabelName(legend map[int32]Label, label int32) string {
	if name := legend[label].Name; name != "" {
		return name
	}
	return fmt.Sprintf("label %d", label)
}

// NewLabelMap returns an empty (all background) label map on the grid of v.
func NewLabelMap(v *Volume) *LabelMap {
	return &LabelMap{Dim: v.Dim, Data: make([]int32, len(v.Data)), Geom: v.Geom}
}

// labelTolerance is how far a stored label may be from an integer: masks that were stored as floats, or as
// integers with a scale factor, have rounding errors. Interpolated masks have values in between.
const labelTolerance = 1e-2

// ReadLabelMap reads a label map from the same kinds of files as Read. Every voxel must be an integer
// that fits in 32 bits (within a hundredth, for masks stored as floats); anything else is an error that
// names the first such voxel. Negative numbers are not labels and become background, with a note. In a
// PNG stack with a palette, the labels are the palette indices.
func ReadLabelMap(path string) (*LabelMap, error) {
	src, err := openSource(path, asLabels)
	if err != nil {
		return nil, fmt.Errorf("volume: read %s: %w", path, err)
	}
	defer src.close()
	data := make([]int32, 0, src.capacity())
	negative := map[int32]int{}
	err = src.voxels(func(values []float64) error {
		for _, x := range values {
			n := math.Round(x)
			switch {
			case !(math.Abs(x-n) <= labelTolerance):
				return fmt.Errorf("voxel %s holds %g: a label map must hold integers (is this an image, or a mask that was resampled with interpolation? "+
					"Resample masks with nearest neighbor, and threshold probabilities)", voxelName(len(data), src.dim), x)
			case math.Abs(n) > math.MaxInt32:
				return fmt.Errorf("voxel %s holds %.0f: labels go up to %d: renumber them", voxelName(len(data), src.dim), x, math.MaxInt32)
			case n < 0:
				negative[int32(n)]++
				n = 0
			}
			data = append(data, int32(n))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("volume: read %s: %w", path, err)
	}
	if len(negative) > 0 {
		src.notes = append(src.notes, negativeNote(negative))
	}
	return &LabelMap{Dim: src.dim, Data: data, Geom: src.geom, Path: path, Legend: src.legend, Notes: src.notes, sparse: src.sparse}, nil
}

// negativeNote returns the note on which negative numbers were left out, the first few in full.
func negativeNote(counts map[int32]int) string {
	const most = 3
	var words []string
	for i, label := range slices.Backward(slices.Sorted(maps.Keys(counts))) {
		if i == len(counts)-1-most {
			words = append(words, fmt.Sprintf("and %d more", len(counts)-most))
			break
		}
		words = append(words, fmt.Sprintf("%d (%d voxels)", label, counts[label]))
	}
	return "negative numbers are not labels and were left out: " + strings.Join(words, ", ")
}

// Slice copies slice i along axis, row-major [H,W]; see SliceSize for the order.
func (l *LabelMap) Slice(axis, i int) []int32 { return TakeSlice(l.Data, l.Dim, axis, i) }

// SetSlice stores slice i along axis: the inverse of Slice.
func (l *LabelMap) SetSlice(axis, i int, pix []int32) { PutSlice(l.Data, l.Dim, axis, i, pix) }

// Counts returns the number of voxels with each label, including the background.
func (l *LabelMap) Counts() map[int32]int {
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
