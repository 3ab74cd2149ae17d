package eval

import (
	"cmp"
	"math"
	"slices"
)

// nearOffsets is roughly how many voxels around a query are searched before the distance transform takes over. In a fair
// prediction most surface voxels lie within a few voxels of the truth, so that far fewer are enough for them.
const nearOffsets = 500

// step is the offset from one voxel to another.
type step struct {
	by     [3]int // voxels along each axis
	linear int    // the same as a difference of voxel indices
	length float64
}

// nearSteps lists about nearOffsets steps, shortest first: all up to some length, in the unit of spacing, that fit into a
// volume of dimensions dim. reach is their largest component along each axis.
func nearSteps(dim [3]int, spacing [3]float64) (steps []step, reach [3]int) {
	longest := math.Cbrt(nearOffsets * 3 / (4 * math.Pi) * spacing[0] * spacing[1] * spacing[2])
	for axis, s := range spacing {
		reach[axis] = int(min(longest/s, float64(dim[axis]-1)))
	}
	for z := -reach[2]; z <= reach[2]; z++ {
		for y := -reach[1]; y <= reach[1]; y++ {
			for x := -reach[0]; x <= reach[0]; x++ {
				dx, dy, dz := float64(x)*spacing[0], float64(y)*spacing[1], float64(z)*spacing[2]
				if l := math.Sqrt(dx*dx + dy*dy + dz*dz); l <= longest {
					steps = append(steps, step{[3]int{x, y, z}, (z*dim[1]+y)*dim[0] + x, l})
				}
			}
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Compare(a.length, b.length) })
	return steps, reach
}

// nearDistances returns, for each query (a voxel index), the distance to the nearest voxel with a bit of mark set, or -1 if
// none is within reach of nearSteps. Steps are tried in order of length, so that the first hit is the nearest.
func nearDistances(dim [3]int, spacing [3]float64, bits []uint8, mark uint8, queries []int32) []float64 {
	steps, reach := nearSteps(dim, spacing)
	out := make([]float64, len(queries))
	parallelFor(len(queries), 4096, func(_, lo, hi int) {
		for i := lo; i < hi; i++ {
			q := int(queries[i])
			at := [3]int{q % dim[0], q / dim[0] % dim[1], q / (dim[0] * dim[1])}
			out[i] = -1
			inner := true
			for axis, r := range reach {
				inner = inner && at[axis] >= r && at[axis]+r < dim[axis]
			}
			for _, s := range steps {
				if (inner || inside(at, s.by, dim)) && bits[q+s.linear]&mark != 0 {
					out[i] = s.length
					break
				}
			}
		}
	})
	return out
}

// inside reports whether the step by from the voxel at stays inside the volume.
func inside(at, by, dim [3]int) bool {
	for axis := range at {
		if i := at[axis] + by[axis]; i < 0 || i >= dim[axis] {
			return false
		}
	}
	return true
}
