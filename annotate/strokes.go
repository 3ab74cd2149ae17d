package annotate

import "slices"

// StrokesOf splits a mask over a region (axis 0 fastest) into strokes on single slices. If the set voxels are one voxel thick
// along some axis, the stroke is on the slice across that axis, across home if it is one of several. Otherwise, the strokes
// are on slices across home. An empty mask gives no strokes.
func StrokesOf(kind StrokeKind, erase bool, region Region, mask []bool, home int) []Stroke {
	region, mask = cropped(region, mask)
	if len(mask) == 0 {
		return nil
	}
	size := region.Size()
	axis := home
	if size[home] != 1 {
		for other := range size {
			if size[other] == 1 {
				axis = other
			}
		}
	}
	var strokes []Stroke
	for slice := region.Lo[axis]; slice < region.Hi[axis]; slice++ {
		part := region
		part.Lo[axis], part.Hi[axis] = slice, slice+1
		partRegion, partMask := cropped(part, cut(region, mask, part))
		if len(partMask) > 0 {
			strokes = append(strokes, Stroke{Kind: kind, Erase: erase, Axis: axis, Region: partRegion, Mask: partMask})
		}
	}
	return strokes
}

// cropped shrinks a region to the set voxels of its mask. Both results are empty if there are none.
func cropped(region Region, mask []bool) (Region, []bool) {
	size := region.Size()
	tight := Region{Lo: region.Hi, Hi: region.Lo}
	for i := 0; i < len(mask); i++ {
		next := slices.Index(mask[i:], true)
		if next < 0 {
			break
		}
		i += next
		at := [3]int{i % size[0], i / size[0] % size[1], i / (size[0] * size[1])}
		for axis := range at {
			tight.Lo[axis] = min(tight.Lo[axis], region.Lo[axis]+at[axis])
			tight.Hi[axis] = max(tight.Hi[axis], region.Lo[axis]+at[axis]+1)
		}
	}
	if tight.Lo == region.Hi {
		return Region{}, nil
	}
	return tight, cut(region, mask, tight)
}

// cut copies the voxels of inner, which is a part of region, out of region's mask.
func cut(region Region, mask []bool, inner Region) []bool {
	if region == inner {
		return mask
	}
	size, part := region.Size(), inner.Size()
	out := make([]bool, 0, part[0]*part[1]*part[2])
	for z := inner.Lo[2] - region.Lo[2]; z < inner.Hi[2]-region.Lo[2]; z++ {
		for y := inner.Lo[1] - region.Lo[1]; y < inner.Hi[1]-region.Lo[1]; y++ {
			row := size[0]*(y+size[1]*z) + inner.Lo[0] - region.Lo[0]
			out = append(out, mask[row:row+part[0]]...)
		}
	}
	return out
}
