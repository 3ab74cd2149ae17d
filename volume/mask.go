package volume

import (
	"fmt"
	"math"
	"os"
)

// ReadMask reads a label map that was made for an image, as ReadLabelMap does, and what only makes sense on an image:
// contours (DICOM RTSTRUCT) are filled on its grid, and the frames of a DICOM segmentation, which often holds the
// slices with something on them only, are put where they lie in it. Masks of other kinds come back as they are: OntoGrid
// brings them onto the image's grid.
func ReadMask(path string, image *Volume) (*LabelMap, error) {
	if contours, err := readContours(path); err != nil || contours != nil {
		if err != nil {
			return nil, fmt.Errorf("volume: read %s: DICOM contours: %w", path, err)
		}
		l, err := contours.fill(image)
		if err != nil {
			return nil, fmt.Errorf("volume: read %s: DICOM contours: %w", path, err)
		}
		l.Path = path
		return l, nil
	}
	l, err := ReadLabelMap(path)
	if err != nil || !l.sparse {
		return l, err
	}
	return placeInside(l, image), nil
}

// placeTolerance is how far, in voxels, a frame of a segmentation may lie from the slice of the image that it was
// made on: positions of slices may be rounded.
const placeTolerance = 0.25

// placeInside copies a label map whose grid is a part of the image's grid, perhaps in another storage order, onto the
// whole of it. A label map that is no such part, or sticks out with labels, is returned as it is.
func placeInside(l *LabelMap, image *Volume) *LabelMap {
	grid := image.Geom.orDefault(image.Dim)
	inverse, ok := grid.Affine.inverse()
	if !ok || grid.Nominal {
		return l
	}
	from := l.Geom.orDefault(l.Dim)
	origin, steps, ok := indexMap(from, inverse)
	if !ok {
		return l
	}
	out := NewLabelMap(image)
	out.Path, out.Legend, out.Notes = l.Path, l.Legend, l.Notes
	carried := func(i int) (int, bool) {
		at := origin
		for axis, k := range [3]int{i % l.Dim[0], i / l.Dim[0] % l.Dim[1], i / l.Dim[0] / l.Dim[1]} {
			for r := range 3 {
				at[r] += k * steps[axis][r]
			}
		}
		for r := range 3 {
			if at[r] < 0 || at[r] >= image.Dim[r] {
				return 0, false
			}
		}
		return at[0] + image.Dim[0]*(at[1]+image.Dim[1]*at[2]), true
	}
	for i, label := range l.Data {
		if label == 0 {
			continue
		}
		to, ok := carried(i)
		if !ok {
			return l
		}
		out.Data[to] = label
	}
	out.under = map[int32][]run{}
	for label, runs := range l.under {
		for _, r := range runs {
			for i := r.start; i < r.end; i++ {
				to, _ := carried(i) // inside: something else is seen there
				out.under[label] = appendVoxel(out.under[label], to)
			}
		}
	}
	return out
}

// indexMap writes the map from indices of a grid to those of another, whose inverse affine is given, as whole numbers:
// the place of the first voxel and the step along each axis. ok is false if it is not that simple.
func indexMap(from Geometry, inverse Affine) (origin [3]int, steps [3][3]int, ok bool) {
	start := inverse.apply(from.Affine.column(3))
	for r := range 3 {
		origin[r] = int(math.Round(start[r]))
		if !(math.Abs(start[r]-float64(origin[r])) <= placeTolerance) {
			return origin, steps, false
		}
	}
	for axis := range 3 {
		reach := float64(from.Dim[axis] - 1)
		end := inverse.apply(sum(from.Affine.column(3), scale(from.Affine.column(axis), max(reach, 1))))
		if reach == 0 {
			continue // a single slice has no step
		}
		ones := 0
		for r := range 3 {
			step := (end[r] - start[r]) / reach
			steps[axis][r] = int(math.Round(step))
			if !(math.Abs(end[r]-start[r]-reach*float64(steps[axis][r])) <= placeTolerance) {
				return origin, steps, false
			}
			if steps[axis][r] != 0 {
				ones++
			}
		}
		if ones != 1 {
			return origin, steps, false
		}
	}
	return origin, steps, true
}

// readContours reads an RTSTRUCT file, nil if path is something else.
func readContours(path string) (*contourSet, error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return nil, nil // ReadLabelMap says what is wrong
	}
	head, err := fileHead(path)
	if err != nil || sniff(path, head) != "dicom" {
		return nil, nil
	}
	d, err := loadDICOM(path)
	if err != nil || !isContours(d) {
		return nil, nil
	}
	return parseContours(d)
}
