package train

import (
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// surviving returns the objects that are still on a slice after the transform.
func (s *Sampler) surviving(c *Case, w warp, z int, objects []int) []int {
	_, empty := s.masks(c, w, z, objects)
	var out []int
	for i, o := range objects {
		if !empty[i] {
			out = append(out, o)
		}
	}
	return out
}

// masks returns the objects' masks on a transformed slice, [B,S,S], and which are empty, [B].
func (s *Sampler) masks(c *Case, w warp, z int, objects []int) (masks, empty []bool) {
	labels := w.labels(c.Labels[z])
	empty = make([]bool, len(objects))
	one := make([]bool, len(labels))
	rows, columns := w.size()
	for i, o := range objects {
		any := false
		for p, l := range labels {
			one[p] = int(l) == o+1
			any = any || one[p]
		}
		if !any {
			masks = append(masks, make([]bool, s.size*s.size)...)
			empty[i] = true
			continue
		}
		small := volume.ResizeMask(one, rows, columns, s.size)
		empty[i] = !slices.Contains(small, true)
		masks = append(masks, small...)
	}
	return masks, empty
}

// unknown returns which pixels of a transformed slice carry the ignore label, [S,S]; nil if none do.
func (s *Sampler) unknown(c *Case, w warp, z int) []bool {
	if !slices.Contains(c.Labels[z], ignored) {
		return nil
	}
	labels := w.labels(c.Labels[z])
	mask := make([]bool, len(labels))
	for p, l := range labels {
		mask[p] = l == ignored
	}
	rows, columns := w.size()
	small := volume.ResizeMask(mask, rows, columns, s.size)
	if !slices.Contains(small, true) {
		return nil
	}
	return small
}
