package volume

import "math"

// planeKey is a slice across an axis.
type planeKey struct{ axis, slice int }

// flatten maps a polygon in LPS mm to a grid whose inverse affine (RAS mm to index) is given. It returns the slice that the
// polygon is on, its points on that slice (lower axis first), and its distance from the slice, in slices.
func flatten(polygon [][3]float64, inverse Affine) (planeKey, [][2]float64, float64) {
	points := make([][3]float64, len(polygon))
	lo, hi := [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)}, [3]float64{math.Inf(-1), math.Inf(-1), math.Inf(-1)}
	for i, p := range polygon {
		points[i] = inverse.apply([3]float64{-p[0], -p[1], p[2]})
		for r, x := range points[i] {
			lo[r], hi[r] = min(lo[r], x), max(hi[r], x)
		}
	}
	axis := 2
	for r := range 3 {
		if hi[r]-lo[r] < hi[axis]-lo[axis]-1e-6 {
			axis = r
		}
	}
	middle := (lo[axis] + hi[axis]) / 2
	key := planeKey{axis, -1}
	if math.Abs(middle) < maxVoxels {
		key.slice = int(math.Round(middle))
	}
	u, v := planeAxes(axis)
	flat := make([][2]float64, len(points))
	for i, p := range points {
		flat[i] = [2]float64{p[u], p[v]}
	}
	return key, flat, math.Abs(middle - math.Round(middle))
}

// planeAxes returns the two axes of a slice across axis, the lower one first.
func planeAxes(axis int) (u, v int) {
	return [3]int{1, 0, 0}[axis], [3]int{2, 2, 1}[axis]
}

// onEdge is the distance, in pixels, up to which a pixel's center counts as being on a contour. Coordinates are rounded decimal
// strings, and contours often run through pixel centers.
const onEdge = 1e-3

// fillSlice paints the pixels inside the polygons or on their edges, row by row.
func fillSlice(to *painter, dim [3]int, key planeKey, polygons [][][2]float64, label int32) {
	u, v := planeAxes(key.axis)
	width, height := dim[u], dim[v]
	strides := [3]int{1, dim[0], dim[0] * dim[1]}
	inside := make([]bool, width)
	for y := range height {
		clear(inside)
		touched := false
		for _, polygon := range polygons {
			touched = crossRow(inside, polygon, float64(y)) || touched
		}
		for _, polygon := range polygons {
			touched = markEdges(inside, polygon, float64(y)) || touched
		}
		if !touched {
			continue
		}
		for x, in := range inside {
			if in {
				to.paint(key.slice*strides[key.axis]+x*strides[u]+y*strides[v], label)
			}
		}
	}
}

// crossRow flips the pixels to the right of each edge that crosses the row, so that pixels inside an odd number of polygons end up
// set. It reports whether any pixel was flipped.
func crossRow(inside []bool, polygon [][2]float64, y float64) bool {
	crossed := false
	for i, a := range polygon {
		b := polygon[(i+1)%len(polygon)]
		if (a[1] > y) == (b[1] > y) {
			continue
		}
		x := a[0] + (y-a[1])/(b[1]-a[1])*(b[0]-a[0])
		for k := int(min(max(math.Ceil(x), 0), float64(len(inside)))); k < len(inside); k++ {
			inside[k] = !inside[k]
			crossed = true
		}
	}
	return crossed
}

// markEdges sets the pixels whose centers are on an edge, and reports whether there are any.
func markEdges(inside []bool, polygon [][2]float64, y float64) bool {
	marked := false
	for i, a := range polygon {
		b := polygon[(i+1)%len(polygon)]
		if y < min(a[1], b[1])-onEdge || y > max(a[1], b[1])+onEdge {
			continue
		}
		from, to := a[0], b[0]
		if math.Abs(b[1]-a[1]) > onEdge { // the edge crosses the row in one point
			t := min(max((y-a[1])/(b[1]-a[1]), 0), 1)
			from = a[0] + t*(b[0]-a[0])
			to = from
		}
		lo, hi := math.Ceil(min(from, to)-onEdge), math.Floor(max(from, to)+onEdge)
		for k := int(max(lo, 0)); float64(k) <= hi && k < len(inside); k++ {
			inside[k] = true
			marked = true
		}
	}
	return marked
}
