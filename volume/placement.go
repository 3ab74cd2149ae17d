package volume

import (
	"math"
)

// placement maps the voxels of a mask to those of an image with the same lattice: mask voxel p goes to image voxel q
// with q[axis[j]] = start[axis[j]] + step[j]*p[j].
type placement struct {
	axis  [3]int // mask axis j runs along image axis axis[j]
	step  [3]int // 1, or -1 if the axis is reversed
	start [3]int // by image axis: where mask voxel (0,0,0) goes
}

// inPlace returns the placement that leaves every voxel where it is.
func inPlace() placement { return placement{axis: [3]int{0, 1, 2}, step: [3]int{1, 1, 1}} }

// fitLattice finds the placement of the mask's voxels on the image's lattice from the two affines. The misfit is the largest
// distance, in voxels along an axis, of a corner of the mask from the image voxel it is mapped to. Positions along the image
// axes in free are not compared. ok is false if the image's affine has no inverse.
func fitLattice(image, mask Affine, dim [3]int, free [3]bool) (p placement, misfit float64, ok bool) {
	inverse, ok := image.inverse()
	if !ok || !mask.finite() {
		return p, 0, false
	}
	m := inverse.times(mask) // mask voxel to image voxel
	taken := [3]bool{}
	for _, thin := range []bool{false, true} { // the direction of an axis of size 1 may be a placeholder, so it takes an axis that is left
		for j := range 3 {
			if (dim[j] == 1) != thin {
				continue
			}
			best := -1
			for i := range 3 {
				if !taken[i] && (best < 0 || math.Abs(m[i][j]) > math.Abs(m[best][j])) {
					best = i
				}
			}
			taken[best] = true
			p.axis[j], p.step[j] = best, 1
			if m[best][j] < 0 {
				p.step[j] = -1
			}
		}
	}
	for i := range 3 {
		const far = 1 << 30 // larger than any grid
		p.start[i] = int(math.Round(max(-far, min(far, m[i][3]))))
	}
	return p, p.misfit(m, dim, free), true
}

// misfit returns the largest distance, in voxels along an axis, between where m and p put a corner of the mask.
func (p placement) misfit(m Affine, dim [3]int, free [3]bool) float64 {
	var worst float64
	for corner := range 8 {
		var at [3]float64
		for j := range 3 {
			at[j] = float64((corner >> j & 1) * (dim[j] - 1))
		}
		exact := m.apply(at)
		for j, i := range p.axis {
			if off := math.Abs(exact[i] - float64(p.start[i]) - float64(p.step[j])*at[j]); !free[i] {
				worst = max(worst, off)
			}
		}
	}
	return worst
}

// box returns the box of image voxels that the mask's grid covers. It may extend beyond the image.
func (p placement) box(dim [3]int) (b Box) {
	for j, i := range p.axis {
		end := p.start[i] + p.step[j]*(dim[j]-1)
		b.Lo[i], b.Hi[i] = min(p.start[i], end), max(p.start[i], end)+1
	}
	return b
}

// to returns the data index of a mask voxel on an image of the given size; false if it is outside.
func (p placement) to(x, y, z int, dim [3]int) (int, bool) {
	r := p.start
	r[p.axis[0]] += p.step[0] * x
	r[p.axis[1]] += p.step[1] * y
	r[p.axis[2]] += p.step[2] * z
	inside := r[0] >= 0 && r[1] >= 0 && r[2] >= 0 && r[0] < dim[0] && r[1] < dim[1] && r[2] < dim[2]
	return r[0] + dim[0]*(r[1]+dim[1]*r[2]), inside
}

// carry writes the mask's labels to out, a map of the image's size, and returns the number of labeled voxels outside.
func (p placement) carry(mask *LabelMap, out *LabelMap) (outside int) {
	n := 0
	for z := range mask.Dim[2] {
		for y := range mask.Dim[1] {
			for x := range mask.Dim[0] {
				label := mask.Data[n]
				n++
				if label == 0 {
					continue
				}
				if to, inside := p.to(x, y, z, out.Dim); inside {
					out.Data[to] = label
				} else {
					outside++
				}
			}
		}
	}
	return outside
}
