package report

import (
	"image"

	"github.com/seed-6f79f512/slmsam/volume"
)

// regions holds the extents of a study's objects, in the view.
type regions struct {
	view  view
	boxes [][]image.Rectangle // [object][slice]; empty if the object is not on the slice
}

// findRegions determines the regions in one pass over the label map, from the first to the last slice that was computed.
func findRegions(s Study) regions {
	h, w := volume.SliceSize(s.Labels.Dim, s.Axis)
	n := s.Labels.Dim[s.Axis]
	r := regions{view: viewOf(s.Labels.Geom, s.Axis)}
	index := make(map[int32]int, len(s.Objects))
	for i, o := range s.Objects {
		r.boxes = append(r.boxes, make([]image.Rectangle, n))
		index[int32(o.Label)] = i
	}
	all := s.indices()
	for z := all[0]; z <= all[len(all)-1]; z++ {
		pix := s.Labels.Slice(s.Axis, z)
		for y := range h {
			row := pix[y*w : (y+1)*w]
			for from := 0; from < w; { // label maps are long runs
				to := from + 1
				for to < w && row[to] == row[from] {
					to++
				}
				if o, ok := index[row[from]]; ok && row[from] != 0 {
					r.boxes[o][z] = r.boxes[o][z].Union(image.Rect(from, y, to, y+1))
				}
				from = to
			}
		}
		for o := range r.boxes {
			r.boxes[o][z] = r.view.rect(r.boxes[o][z], h, w)
		}
	}
	return r
}

// near returns the number of slices on which two objects are close to each other, [object][object].
func (r regions) near() [][]int {
	const margin = 8 // pixels
	out := make([][]int, len(r.boxes))
	for i := range out {
		out[i] = make([]int, len(r.boxes))
		for j := range out[i] {
			for z, b := range r.boxes[i] {
				if i != j && !b.Empty() && b.Inset(-margin).Overlaps(r.boxes[j][z]) {
					out[i][j]++
				}
			}
		}
	}
	return out
}

// filled lists the slices with an object, ascending.
func (r regions) filled(object int) []int {
	var out []int
	for z, b := range r.boxes[object] {
		if !b.Empty() {
			out = append(out, z)
		}
	}
	return out
}
