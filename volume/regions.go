package volume

import (
	"maps"
	"slices"
)

// Box is a half-open range of voxels: Lo[axis] <= index < Hi[axis].
type Box struct{ Lo, Hi [3]int }

// EmptyBox returns the neutral element of Union on a grid of the given size.
func EmptyBox(dim [3]int) Box { return Box{Lo: dim} }

// Empty reports whether the box holds no voxel.
func (b Box) Empty() bool { return b.Hi[0] <= b.Lo[0] || b.Hi[1] <= b.Lo[1] || b.Hi[2] <= b.Lo[2] }

// Dim returns the size along each axis of a box that is not empty.
func (b Box) Dim() (d [3]int) {
	for axis := range d {
		d[axis] = b.Hi[axis] - b.Lo[axis]
	}
	return d
}

// Union returns the smallest box that contains both.
func (b Box) Union(other Box) Box {
	for axis := range b.Lo {
		b.Lo[axis] = min(b.Lo[axis], other.Lo[axis])
		b.Hi[axis] = max(b.Hi[axis], other.Hi[axis])
	}
	return b
}

// Region is the extent of a label.
type Region struct {
	Bounds Box
	Voxels int
}

// Regions returns the bounding box and size of every label except the background.
func (l *LabelMap) Regions() map[int32]Region {
	found := make(map[int32]Region)
	nx := l.Dim[0]
	for y := range l.Dim[1] * l.Dim[2] { // rows, of all slices
		row := l.Data[y*nx:][:nx]
		for x := 0; x < nx; { // label maps are long runs: one map update per run
			label, start := row[x], x
			for x < nx && row[x] == label {
				x++
			}
			if label == 0 {
				continue
			}
			r, ok := found[label]
			if !ok {
				r.Bounds = EmptyBox(l.Dim)
			}
			at := [3]int{start, y % l.Dim[1], y / l.Dim[1]}
			r.Bounds = r.Bounds.Union(Box{at, [3]int{x, at[1] + 1, at[2] + 1}})
			r.Voxels += x - start
			found[label] = r
		}
	}
	return found
}

// Labels lists the labels that occur, ascending, without the background.
func (l *LabelMap) Labels() []int32 { return slices.Sorted(maps.Keys(l.Regions())) }

// SlicesWith lists the slices along axis that have the label inside a box, ascending.
func (l *LabelMap) SlicesWith(label int32, axis int, within Box) []int {
	seen := make([]bool, l.Dim[axis])
	for z := within.Lo[2]; z < within.Hi[2]; z++ {
		for y := within.Lo[1]; y < within.Hi[1]; y++ {
			row := l.Data[(z*l.Dim[1]+y)*l.Dim[0]:][:within.Hi[0]]
			index := [3]int{0, y, z}
			for x := within.Lo[0]; x < within.Hi[0]; x++ {
				if row[x] == label {
					index[0] = x
					seen[index[axis]] = true
				}
			}
		}
	}
	var present []int
	for i, s := range seen {
		if s {
			present = append(present, i)
		}
	}
	return present
}

// CentralSlice returns the middle one of the slices along axis with the label (the lower of two middle
// ones); false if there are none. Unlike the middle of the label's extent, it always has the label.
func (l *LabelMap) CentralSlice(label int32, axis int) (int, bool) {
	present := l.SlicesWith(label, axis, Box{Hi: l.Dim})
	if len(present) == 0 {
		return 0, false
	}
	return present[(len(present)-1)/2], true
}

// SlicesByLabel lists the slices along axis with each label except the background, ascending.
func (l *LabelMap) SlicesByLabel(axis int) map[int32][]int {
	on := map[int32][]int{}
	for label, r := range l.Regions() {
		on[label] = l.SlicesWith(label, axis, r.Bounds)
	}
	return on
}
