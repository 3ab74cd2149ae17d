package eval

import "github.com/seed-6f79f512/slmsam/volume"

// Bits of an overlay voxel.
const (
	inTruth = 1 << iota
	inPrediction
	onTruth      // surface of the truth
	onPrediction // surface of the prediction
)

// toSurface shifts a mask's bit to that of its surface.
const toSurface = 2

// overlay holds one label of a truth and of a prediction, cut out of both volumes to bounds, which contain both masks.
type overlay struct {
	bounds volume.Box
	dim    [3]int     // of bounds
	bits   []uint8    // [dim[2]*dim[1]*dim[0]] inTruth | inPrediction; method surface adds onTruth | onPrediction
	slices [3]tallies // per axis, in voxels, indexed by slice of the whole volume
}

// tallies holds one count per slice along one axis.
type tallies struct{ truth, prediction, both []int }

func newTallies(n int) tallies { return tallies{make([]int, n), make([]int, n), make([]int, n)} }

// add counts one more voxel with the given bits in slice i.
func (t tallies) add(i int, bits uint8) {
	t.truth[i] += int(bits & inTruth)
	t.prediction[i] += int(bits >> 1)
	t.both[i] += int(bits >> 1 & bits)
}

// merge adds other to t.
func (t tallies) merge(other tallies) {
	for i := range t.truth {
		t.truth[i] += other.truth[i]
		t.prediction[i] += other.prediction[i]
		t.both[i] += other.both[i]
	}
}

// fill cuts the label out of both maps. On the slices along axis that replace marks, the truth takes the place of the
// prediction. bounds must contain both masks. The memory of o.bits is reused.
func (o *overlay) fill(truth, prediction *volume.LabelMap, label int32, bounds volume.Box, axis int, replace []bool) {
	o.bounds, o.dim = bounds, bounds.Dim()
	n := o.dim[0] * o.dim[1] * o.dim[2]
	if cap(o.bits) < n {
		o.bits = make([]uint8, n)
	}
	o.bits = o.bits[:n]
	for a, size := range truth.Dim {
		o.slices[a] = newTallies(size)
	}
	partial := make([][2]tallies, workerCount()) // axes 0 and 1: slices of axis 2 belong to one worker each
	parallelFor(o.dim[2], 4, func(worker, lo, hi int) {
		if partial[worker][0].truth == nil {
			partial[worker] = [2]tallies{newTallies(truth.Dim[0]), newTallies(truth.Dim[1])}
		}
		for z := lo; z < hi; z++ {
			o.fillSlice(truth, prediction, label, z, axis, replace, partial[worker])
		}
	})
	for _, part := range partial {
		if part[0].truth != nil {
			o.slices[0].merge(part[0])
			o.slices[1].merge(part[1])
		}
	}
}

// fillSlice fills slice z of the bounds and counts its voxels; those along axes 0 and 1 go to xy.
func (o *overlay) fillSlice(truth, prediction *volume.LabelMap, label int32, z, axis int, replace []bool, xy [2]tallies) {
	index := [3]int{2: o.bounds.Lo[2] + z}
	for y := range o.dim[1] {
		index[1] = o.bounds.Lo[1] + y
		from := (index[2]*truth.Dim[1]+index[1])*truth.Dim[0] + o.bounds.Lo[0]
		t, p := truth.Data[from:][:o.dim[0]], prediction.Data[from:][:o.dim[0]]
		out := o.bits[(z*o.dim[1]+y)*o.dim[0]:][:o.dim[0]]
		for x := range out {
			var b uint8
			if p[x] == label {
				b = inPrediction
			}
			index[0] = o.bounds.Lo[0] + x
			if replace != nil && replace[index[axis]] {
				b = 0
				if t[x] == label {
					b = inPrediction
				}
			}
			if t[x] == label {
				b |= inTruth
			}
			out[x] = b
			if b != 0 {
				xy[0].add(index[0], b)
				xy[1].add(index[1], b)
				o.slices[2].add(index[2], b)
			}
		}
	}
}

// surface returns the voxels of one mask (bit) that its 6-connected erosion removes: those with a face neighbor outside
// the mask or outside the volume. It returns indices into o.bits, ascending, and sets the surface's bit there.
func (o *overlay) surface(bit uint8) []int32 {
	perSlice := make([][]int32, o.dim[2])
	parallelFor(o.dim[2], 4, func(_, lo, hi int) {
		for z := lo; z < hi; z++ {
			perSlice[z] = o.sliceSurface(bit, z)
		}
	})
	n := 0
	for _, s := range perSlice {
		n += len(s)
	}
	all := make([]int32, 0, n)
	for _, s := range perSlice {
		all = append(all, s...)
	}
	for _, i := range all {
		o.bits[i] |= bit << toSurface
	}
	return all
}

// sliceSurface returns the surface voxels in slice z of the bounds.
func (o *overlay) sliceSurface(bit uint8, z int) (found []int32) {
	nx, ny, nz := o.dim[0], o.dim[1], o.dim[2]
	for y := range ny {
		edge := z == 0 || z == nz-1 || y == 0 || y == ny-1
		base := (z*ny + y) * nx
		for x := range nx {
			i := base + x
			if o.bits[i]&bit == 0 {
				continue
			}
			if edge || x == 0 || x == nx-1 ||
				o.bits[i-1]&o.bits[i+1]&o.bits[i-nx]&o.bits[i+nx]&o.bits[i-nx*ny]&o.bits[i+nx*ny]&bit == 0 {
				found = append(found, int32(i))
			}
		}
	}
	return found
}

// countedOnly returns the voxels whose slice along axis is not marked in exclude.
func (o *overlay) countedOnly(voxels []int32, axis int, exclude []bool) []int32 {
	if exclude == nil {
		return voxels
	}
	stride := [3]int{1, o.dim[0], o.dim[0] * o.dim[1]}[axis]
	var kept []int32
	for _, v := range voxels {
		if !exclude[o.bounds.Lo[axis]+int(v)/stride%o.dim[axis]] {
			kept = append(kept, v)
		}
	}
	return kept
}

// distances returns the distance from each query to the nearest target, in the unit of spacing. Queries and targets are
// indices into o.bits; the targets are the voxels with the bit mark. It searches around each query first, and leaves the
// queries without a target nearby to the distance transform.
func (o *overlay) distances(t *distanceTransform, spacing [3]float64, targets []int32, mark uint8, queries []int32) []float64 {
	out := nearDistances(o.dim, spacing, o.bits, mark, queries)
	var far, place []int32
	for i, d := range out {
		if d < 0 {
			far, place = append(far, queries[i]), append(place, int32(i))
		}
	}
	for i, d := range t.distances(o.dim, spacing, targets, far) {
		out[place[i]] = d
	}
	return out
}
