package eval

import (
	"slices"
	"sync"
)

// box is a half-open range of voxels: lo[axis] <= index < hi[axis].
type box struct{ lo, hi [3]int }

// emptyBox is the neutral element of union.
func emptyBox(dim [3]int) box { return box{lo: dim} }

func (b box) empty() bool { return b.hi[0] <= b.lo[0] }

func (b box) dim() (d [3]int) {
	for axis := range d {
		d[axis] = b.hi[axis] - b.lo[axis]
	}
	return d
}

// union returns the smallest box that holds a and b.
func union(a, b box) box {
	for axis := range a.lo {
		a.lo[axis] = min(a.lo[axis], b.lo[axis])
		a.hi[axis] = max(a.hi[axis], b.hi[axis])
	}
	return a
}

// region is what one pass over a label map learns about one label.
type region struct {
	bounds box
	voxels int
}

// findRegions returns the bounding box and voxel count of every label of m except background.
func findRegions(m *LabelMap) map[int32]region {
	found := make(map[int32]region)
	var mu sync.Mutex
	parallelFor(m.Dim[2], 8, func(_, lo, hi int) {
		part := scanSlices(m, lo, hi)
		mu.Lock()
		defer mu.Unlock()
		for label, r := range part {
			old, ok := found[label]
			if !ok {
				old.bounds = emptyBox(m.Dim)
			}
			found[label] = region{union(old.bounds, r.bounds), old.voxels + r.voxels}
		}
	})
	return found
}

// scanSlices collects the regions of slices lo..hi-1 along axis 2, one run of equal voxels at a time.
func scanSlices(m *LabelMap, lo, hi int) map[int32]region {
	found := make(map[int32]region)
	nx, ny := m.Dim[0], m.Dim[1]
	for z := lo; z < hi; z++ {
		for y := range ny {
			row := m.Data[(z*ny+y)*nx:][:nx]
			for x := 0; x < nx; {
				label, start := row[x], x
				for x < nx && row[x] == label {
					x++
				}
				if label == 0 {
					continue
				}
				r, ok := found[label]
				if !ok {
					r.bounds = emptyBox(m.Dim)
				}
				run := box{[3]int{start, y, z}, [3]int{x, y + 1, z + 1}}
				found[label] = region{union(r.bounds, run), r.voxels + x - start}
			}
		}
	}
	return found
}

// Labels returns the labels that occur in m, ascending, without background.
func (m *LabelMap) Labels() []int32 {
	found := findRegions(m)
	labels := make([]int32, 0, len(found))
	for label := range found {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	return labels
}
