package slmsam

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/volume"
)

// A label map has large areas of a single value; an image has almost none. Input with at least manyValues different
// values, of whose neighboring voxels (except background) at most the fraction imageEquals are equal, is an image.
const (
	manyValues  = 20
	imageEquals = 0.4
)

// CheckPlane returns an error if outlines were drawn in the plane of a different axis than the one along which
// slices are taken.
func CheckPlane(mask *volume.LabelMap, axis int) error {
	if other, slice := planeOf(mask, axis); other != axis {
		return fmt.Errorf("the mask %s was drawn on slice %d along axis %d, but slices are taken along axis %d; pass --axis %d",
			mask.Path, slice, other, axis, other)
	}
	return nil
}

// Plausible returns an error if a mask cannot belong to an image: the two are swapped, or the mask is itself an image.
func Plausible(image *volume.Volume, mask *volume.LabelMap) error {
	if looksLikeImage(mask.Data, mask.Dim[0]) {
		if values := valuesOf(image.Data, manyValues); values < manyValues {
			return fmt.Errorf("image and mask seem to be swapped: the mask %s looks like an image, and the image %s has only %d values; "+
				"give the image first and the label map with --mask", mask.Path, image.Path, values)
		}
		return fmt.Errorf("the mask %s looks like an image: neighboring voxels differ nearly everywhere; a mask has one number per object "+
			"and 0 for background", mask.Path)
	}
	return nil
}

// looksLikeImage reports whether values change from voxel to voxel, in rows of length nx.
func looksLikeImage(data []int32, nx int) bool {
	equal, pairs := 0, 0
	for i := 1; i < len(data); i++ {
		if i%nx == 0 || data[i] == 0 && data[i-1] == 0 {
			continue
		}
		pairs++
		if data[i] == data[i-1] {
			equal++
		}
	}
	return pairs > 0 && float64(equal) <= imageEquals*float64(pairs) && valuesOf(data, manyValues) >= manyValues
}

// valuesOf counts distinct values, up to a limit.
func valuesOf[T comparable](data []T, limit int) int {
	seen := map[T]bool{}
	for i, v := range data {
		if i > 0 && v == data[i-1] {
			continue
		}
		if seen[v] = true; len(seen) == limit {
			break
		}
	}
	return len(seen)
}

// planeOf returns the axis along which every label is on at most two slices although it is on many along the given
// axis, and the first such slice. If there is no such axis, it returns the given one.
func planeOf(mask *volume.LabelMap, axis int) (plane, slice int) {
	const few, many = 2, 6
	here := mask.SlicesByLabel(axis)
	for other := range 3 {
		if other == axis || len(here) == 0 {
			continue
		}
		there, first := mask.SlicesByLabel(other), -1
		for label, on := range there {
			if len(on) > few || len(here[label]) < many {
				first = -1
				break
			}
			if first < 0 || on[0] < first {
				first = on[0]
			}
		}
		if first >= 0 {
			return other, first
		}
	}
	return axis, 0
}
