package volume

import "fmt"

// SliceSize returns the height and width of a slice across the given axis. Of the two remaining axes,
// the lower one is x of the picture and the higher one y, both in index order with nothing flipped:
//
//	axis 2: H = Dim[1], W = Dim[0]
//	axis 1: H = Dim[2], W = Dim[0]
//	axis 0: H = Dim[2], W = Dim[1]
func SliceSize(dim [3]int, axis int) (h, w int) {
	switch axis {
	case 0:
		return dim[2], dim[1]
	case 1:
		return dim[2], dim[0]
	case 2:
		return dim[1], dim[0]
	}
	panic(fmt.Sprintf("volume.SliceSize: got axis %d, want 0, 1 or 2", axis))
}

// Slice copies slice i along axis, row-major [H,W]; see SliceSize for the order.
func (v *Volume) Slice(axis, i int) []float32 { return TakeSlice(v.Data, v.Dim, axis, i) }

// SetSlice stores slice i along axis: the inverse of Slice.
func (v *Volume) SetSlice(axis, i int, pix []float32) { PutSlice(v.Data, v.Dim, axis, i, pix) }

// TakeSlice copies slice i along axis from data in file order, row-major [H,W].
// It panics if axis or i is out of range.
func TakeSlice[T any](data []T, dim [3]int, axis, i int) []T {
	start, row, col := sliceStrides(len(data), dim, axis, i)
	h, w := SliceSize(dim, axis)
	pix := make([]T, h*w)
	for y := range h {
		if col == 1 {
			copy(pix[y*w:(y+1)*w], data[start+y*row:])
			continue
		}
		for x := range w {
			pix[y*w+x] = data[start+y*row+x*col]
		}
	}
	return pix
}

// PutSlice stores the row-major [H,W] picture pix as slice i along axis: the inverse of TakeSlice.
// It panics if axis or i is out of range or pix has another size.
func PutSlice[T any](data []T, dim [3]int, axis, i int, pix []T) {
	start, row, col := sliceStrides(len(data), dim, axis, i)
	h, w := SliceSize(dim, axis)
	if len(pix) != h*w {
		panic(fmt.Sprintf("volume.PutSlice: got %d pixels, want %dx%d", len(pix), h, w))
	}
	for y := range h {
		for x := range w {
			data[start+y*row+x*col] = pix[y*w+x]
		}
	}
}

// sliceStrides returns the index of a slice's first voxel, and the steps to the next row and column.
func sliceStrides(n int, dim [3]int, axis, i int) (start, row, col int) {
	if axis < 0 || axis > 2 || i < 0 || i >= dim[axis] || n != dim[0]*dim[1]*dim[2] {
		panic(fmt.Sprintf("volume: slice %d along axis %d of a %v grid with %d voxels", i, axis, dim, n))
	}
	strides := [3]int{1, dim[0], dim[0] * dim[1]}
	start = i * strides[axis]
	switch axis {
	case 0:
		return start, strides[2], strides[1]
	case 1:
		return start, strides[2], strides[0]
	}
	return start, strides[1], strides[0]
}
