package inmemory

import (
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// bitmap is a mask, one bit per voxel in file order; nil is empty.
type bitmap []uint64

func pack(mask []uint8) bitmap {
	b := make(bitmap, (len(mask)+63)/64)
	for i, x := range mask {
		if x != 0 {
			b[i>>6] |= 1 << (i & 63)
		}
	}
	return b
}

// unpack writes 1 and 0.
func (b bitmap) unpack(dst []uint8) {
	if b == nil {
		clear(dst)
		return
	}
	for i := range dst {
		dst[i] = uint8(b[i>>6] >> (i & 63) & 1)
	}
}

// plane is one slice, row-major [h,w].
func (b bitmap) plane(dim [3]int, axis, slice int) []bool {
	h, w := volume.SliceSize(dim, axis)
	plane := make([]bool, h*w)
	if b == nil {
		return plane
	}
	start, row, col := strides(dim, axis, slice)
	for y := range h {
		for x := range w {
			i := start + y*row + x*col
			plane[y*w+x] = b[i>>6]>>(i&63)&1 == 1
		}
	}
	return plane
}

// strides gives the index of a slice's first voxel and the steps to the next row and column.
func strides(dim [3]int, axis, slice int) (start, row, col int) {
	step := [3]int{1, dim[0], dim[0] * dim[1]}
	row, col = 2, 0
	switch axis {
	case 0:
		col = 1
	case 2:
		row = 1
	}
	return slice * step[axis], step[row], step[col]
}

// planeOf copies a slice of a mask, and says whether it holds anything.
func planeOf(mask []uint8, dim [3]int, axis, slice int) (plane []bool, any bool) {
	h, w := volume.SliceSize(dim, axis)
	plane = make([]bool, h*w)
	start, row, col := strides(dim, axis, slice)
	for y := range h {
		for x := range w {
			if mask[start+y*row+x*col] != 0 {
				plane[y*w+x], any = true, true
			}
		}
	}
	return plane, any
}

// paint adds a plane to a slice of a mask or, exactly, makes the slice equal to it.
func paint(mask []uint8, dim [3]int, axis, slice int, plane []bool, exactly bool) {
	h, w := volume.SliceSize(dim, axis)
	start, row, col := strides(dim, axis, slice)
	for y := range h {
		for x := range w {
			i := start + y*row + x*col
			switch {
			case plane[y*w+x]:
				mask[i] = 1
			case exactly:
				mask[i] = 0
			}
		}
	}
}

// erase clears a stroke's voxels.
func erase(mask []uint8, dim [3]int, stroke annotate.Stroke) {
	lo, size := stroke.Region.Lo, stroke.Region.Size()
	for z := range size[2] {
		for y := range size[1] {
			for x := range size[0] {
				if stroke.Mask == nil || stroke.Mask[x+size[0]*(y+size[1]*z)] {
					mask[lo[0]+x+dim[0]*(lo[1]+y+dim[1]*(lo[2]+z))] = 0
				}
			}
		}
	}
}

// rect is a rectangle of pixels on a slice, half open.
type rect struct{ x0, y0, x1, y1 int }

// planeRect is where a region lies on a slice across axis.
func planeRect(r annotate.Region, axis int) rect {
	row, col := 2, 0
	switch axis {
	case 0:
		col = 1
	case 2:
		row = 1
	}
	return rect{x0: r.Lo[col], y0: r.Lo[row], x1: r.Hi[col], y1: r.Hi[row]}
}
