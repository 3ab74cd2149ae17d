package eval

import (
	"cmp"
	"math"
)

// distanceTransform computes exact Euclidean distances from some voxels (queries) to the nearest of others (targets) by
// separable lower envelopes: Felzenszwalb & Huttenlocher, "Distance Transforms of Sampled Functions", Theory of Computing
// 8 (2012), with the axis spacing as the parabolas' width. It skips work that cannot matter: lines and slices without targets
// have no parabola, and only columns (x, y) with a query are followed through z. Bands of x are processed one after the
// other, which bounds the memory.
//
// The zero value is ready; reusing one value reuses its memory. It is not safe for concurrent use.
type distanceTransform struct {
	field  []float64 // [filled slices][query columns of the band] squared in-slice distance
	column []int32   // [nx*ny] query column number of (x, y), or -1; x is the slow axis
	order  []int32   // queries grouped by column, ascending z within one
	start  []int32   // [columns+1] index in order of each column's first entry
	first  []int32   // [nx+1] number of the first column at each x
	limit  int       // largest size of field, unless a single x needs more; 0: fieldLimit
}

// fieldLimit is 128 MB of float64.
const fieldLimit = 16 << 20

// distances returns the distance in the unit of spacing from each query to the nearest target. Queries and targets are
// voxel indices (z*dim[1]+y)*dim[0]+x in ascending order; targets must not be empty.
func (t *distanceTransform) distances(dim [3]int, spacing [3]float64, targets, queries []int32) []float64 {
	out := make([]float64, len(queries))
	if len(queries) == 0 {
		return out
	}
	t.groupQueries(dim, queries)
	filled := splitSlices(dim, targets)
	limit := cmp.Or(t.limit, fieldLimit)
	for lo := 0; lo < dim[0]; {
		hi := lo + 1
		for hi < dim[0] && int(t.first[hi+1]-t.first[lo])*len(filled) <= limit {
			hi++
		}
		band := band{lo, hi, int(t.first[lo]), int(t.first[hi] - t.first[lo])}
		if need := len(filled) * band.columns; cap(t.field) < need {
			t.field = make([]float64, need)
		}
		t.field = t.field[:len(filled)*band.columns]
		t.fillSlices(dim, spacing, band, targets, filled)
		t.followColumns(dim, spacing[2], band, queries, filled, out)
		lo = hi
	}
	return out
}

// band is a range lo..hi-1 of x, with the number of its first query column and the number of its query columns.
type band struct{ lo, hi, first, columns int }

// filledSlice is a slice z with targets targets[from:to].
type filledSlice struct{ z, from, to int }

// splitSlices finds the slices that hold targets.
func splitSlices(dim [3]int, targets []int32) []filledSlice {
	var filled []filledSlice
	area := int32(dim[0] * dim[1])
	for from := 0; from < len(targets); {
		z := targets[from] / area
		to := from
		for to < len(targets) && targets[to]/area == z {
			to++
		}
		filled = append(filled, filledSlice{int(z), from, to})
		from = to
	}
	return filled
}

// groupQueries numbers the columns (x, y) that hold queries and sorts the queries by column (a stable counting sort).
func (t *distanceTransform) groupQueries(dim [3]int, queries []int32) {
	nx, ny := int32(dim[0]), int32(dim[1])
	count := make([]int32, nx*ny)
	for _, q := range queries {
		count[q%nx*ny+q/nx%ny]++
	}
	t.column = append(t.column[:0], count...)
	t.start, t.first = append(t.start[:0], 0), t.first[:0]
	for c, n := range count {
		if int32(c)%ny == 0 {
			t.first = append(t.first, int32(len(t.start)-1))
		}
		if n == 0 {
			t.column[c] = -1
			continue
		}
		t.column[c] = int32(len(t.start) - 1)
		t.start = append(t.start, t.start[len(t.start)-1]+n)
	}
	t.first = append(t.first, int32(len(t.start)-1))
	if cap(t.order) < len(queries) {
		t.order = make([]int32, len(queries))
	}
	t.order = t.order[:len(queries)]
	next := append([]int32(nil), t.start...)
	for i, q := range queries {
		c := t.column[q%nx*ny+q/nx%ny]
		t.order[next[c]] = int32(i)
		next[c]++
	}
}

// fillSlices performs the first two passes: along x by a sweep over each line with targets, then along y by the lower
// envelope of those lines, kept at query columns only.
func (t *distanceTransform) fillSlices(dim [3]int, spacing [3]float64, b band, targets []int32, filled []filledSlice) {
	if b.columns == 0 {
		return
	}
	nx, ny := dim[0], dim[1]
	work := make([]sliceScratch, workerCount())
	parallelFor(len(filled), 1, func(worker, lo, hi int) {
		w := &work[worker]
		for j := lo; j < hi; j++ {
			s := filled[j]
			w.fillLines(nx, b, spacing[0], targets[s.from:s.to], int32(s.z*ny))
			out := t.field[j*b.columns:][:b.columns]
			for x := b.lo; x < b.hi; x++ {
				if t.first[x] == t.first[x+1] {
					continue
				}
				w.env.build(w.at, w.gather(b.hi-b.lo, x-b.lo), spacing[1])
				for y, c := range t.column[x*ny:][:ny] {
					if c >= 0 {
						out[int(c)-b.first] = w.env.squaredAt(float64(y))
					}
				}
			}
		}
	})
}

// sliceScratch holds one slice after the pass along x.
type sliceScratch struct {
	at    []int32   // y of each line with targets
	lines []float64 // [len(at)][width of the band] squared distance along x
	value []float64 // [len(at)] one column of lines
	xs    []int32   // targets of one line
	env   envelope
}

// fillLines sets at and lines from the targets of one slice, whose first line is line number firstLine of the volume.
func (w *sliceScratch) fillLines(nx int, b band, spacing float64, targets []int32, firstLine int32) {
	w.at, w.lines = w.at[:0], w.lines[:0]
	for len(targets) > 0 {
		line := targets[0] / int32(nx)
		begin, end := line*int32(nx), (line+1)*int32(nx)
		w.xs = w.xs[:0]
		for len(targets) > 0 && targets[0] < end {
			w.xs = append(w.xs, targets[0]-begin)
			targets = targets[1:]
		}
		w.at = append(w.at, line-firstLine)
		w.appendLine(b, spacing)
	}
}

// appendLine appends to lines the squared distance of each voxel of the band to the nearest of xs (ascending, not empty).
func (w *sliceScratch) appendLine(b band, spacing float64) {
	next := 0
	for x := int32(b.lo); x < int32(b.hi); x++ {
		for next+1 < len(w.xs) && abs(w.xs[next+1]-x) <= abs(w.xs[next]-x) {
			next++
		}
		d := spacing * float64(w.xs[next]-x)
		w.lines = append(w.lines, d*d)
	}
}

// gather returns the value at x of every line; a line has width values.
func (w *sliceScratch) gather(width, x int) []float64 {
	w.value = w.value[:0]
	for i := x; i < len(w.lines); i += width {
		w.value = append(w.value, w.lines[i])
	}
	return w.value
}

func abs(i int32) int32 { return max(i, -i) }

// followColumns performs the last pass, along z, at the queries only, and writes their distances to out.
func (t *distanceTransform) followColumns(dim [3]int, spacing float64, b band, queries []int32, filled []filledSlice, out []float64) {
	const block = 16 // columns gathered together: two cache lines of the field per slice
	area := int32(dim[0] * dim[1])
	at := make([]int32, len(filled))
	for j, s := range filled {
		at[j] = int32(s.z)
	}
	envs := make([]envelope, workerCount())
	values := make([][]float64, workerCount())
	parallelFor(b.columns, 16*block, func(worker, lo, hi int) {
		if values[worker] == nil {
			values[worker] = make([]float64, block*len(filled))
		}
		v, env := values[worker], &envs[worker]
		for from := lo; from < hi; from += block {
			n := min(block, hi-from)
			for j := range filled {
				for c, f := range t.field[j*b.columns+from:][:n] {
					v[c*len(filled)+j] = f
				}
			}
			for c := range n {
				env.build(at, v[c*len(filled):][:len(filled)], spacing)
				column := b.first + from + c
				for _, q := range t.order[t.start[column]:t.start[column+1]] {
					out[q] = math.Sqrt(env.squaredAt(float64(queries[q] / area)))
				}
			}
		}
	})
}

// envelope is the lower envelope of the parabolas value[i] + (spacing*(p-at[i]))^2, as functions of p.
type envelope struct {
	center []float64 // centers of the parabolas on the envelope, ascending
	height []float64 // their values
	from   []float64 // where each becomes lower than the one before
	width2 float64   // spacing squared
	now    int       // parabola of the last look-up
}

// build computes the envelope of the parabolas with centers at and minima value. at must be ascending and not empty, and all
// values finite.
func (e *envelope) build(at []int32, value []float64, spacing float64) {
	e.center, e.height, e.from = e.center[:0], e.height[:0], e.from[:0]
	e.width2, e.now = spacing*spacing, 0
	half := 0.5 / e.width2
	for i, a := range at {
		p, f := float64(a), value[i]
		from := math.Inf(-1)
		for k := len(e.center) - 1; k >= 0; k-- {
			c := e.center[k]
			from = (f-e.height[k])*half/(p-c) + 0.5*(p+c)
			if from > e.from[k] {
				break
			}
			e.center, e.height, e.from = e.center[:k], e.height[:k], e.from[:k]
			from = math.Inf(-1)
		}
		e.center, e.height, e.from = append(e.center, p), append(e.height, f), append(e.from, from)
	}
}

// squaredAt returns the envelope at p. From one build to the next, p must not decrease from call to call.
func (e *envelope) squaredAt(p float64) float64 {
	for e.now+1 < len(e.from) && e.from[e.now+1] <= p {
		e.now++
	}
	d := p - e.center[e.now]
	return e.height[e.now] + e.width2*d*d
}
