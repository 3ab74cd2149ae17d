package slmsam

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Selection says which of a label map's slices are outlines to start from. The zero value takes all of them.
type Selection struct {
	Labels  []int         // nil: all
	Central bool          // only each label's central slice, for label maps of whole objects
	Slices  map[int][]int // by label, with label 0 for those without an entry of their own; nil: all
	First   int           // first slice to consider
	End     int           // one past the last slice to consider; 0: the end
}

// manyOutlines is how many outlined slices of one object suggest a full label map rather than a few outlines.
const manyOutlines = 5

// Outlines returns one mask prompt for each label and selected slice along axis, ordered by label, then slice. notes
// tell the annotator what was left out and what looks unintended.
func Outlines(mask *volume.LabelMap, axis int, s Selection) (prompts []Prompt, notes []string, err error) {
	if s.End == 0 {
		s.End = mask.Dim[axis]
	}
	on := mask.SlicesByLabel(axis)
	labels, err := s.labels(mask, on)
	if err != nil {
		return nil, nil, err
	}
	if err := s.check(mask, axis, labels, on); err != nil {
		return nil, nil, err
	}
	for _, label := range labels {
		chosen, note, err := s.choose(label, on[int32(label)])
		if err != nil {
			return nil, nil, err
		}
		if note != "" {
			notes = append(notes, note)
		}
		for _, i := range chosen {
			prompts = append(prompts, Prompt{Slice: i, Object: label, Mask: MaskOf(mask.Slice(axis, i), label)})
		}
	}
	return prompts, notes, nil
}

// MaskOf returns the mask of a label on a slice.
func MaskOf(pix []int32, label int) []bool {
	out := make([]bool, len(pix))
	for i, l := range pix {
		out[i] = l == int32(label)
	}
	return out
}

// labels returns the selected labels in ascending order.
func (s Selection) labels(mask *volume.LabelMap, on map[int32][]int) ([]int, error) {
	var all []int
	for l := range on {
		all = append(all, int(l))
	}
	slices.Sort(all)
	if len(all) == 0 {
		return nil, fmt.Errorf("mask %s is empty: every voxel is 0, so there is nothing to propagate", mask.Path)
	}
	if s.Labels == nil {
		return all, nil
	}
	for _, l := range s.Labels {
		if on[int32(l)] == nil {
			return nil, fmt.Errorf("label %d is not in mask %s, which has %s", l, mask.Path, join(all))
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(s.Labels))), nil
}

// check returns an error for selected slices without an outline.
func (s Selection) check(mask *volume.LabelMap, axis int, labels []int, on map[int32][]int) error {
	var anywhere []int
	for _, l := range labels {
		anywhere = append(anywhere, on[int32(l)]...)
	}
	slices.Sort(anywhere)
	anywhere = slices.Compact(anywhere)
	for label, asked := range s.Slices {
		there, whose := anywhere, ""
		if label != 0 {
			if !slices.Contains(labels, label) {
				return fmt.Errorf("slices were chosen for label %d, which is not among the labels %s", label, join(labels))
			}
			there, whose = on[int32(label)], fmt.Sprintf("of label %d ", label)
		}
		for _, i := range asked {
			if i < 0 || i >= mask.Dim[axis] {
				return fmt.Errorf("slice %d is out of range: the volume has slices 0 to %d along axis %d", i, mask.Dim[axis]-1, axis)
			}
			if !slices.Contains(there, i) {
				return fmt.Errorf("nothing %sis outlined on slice %d of %s; outlines are on slices %s", whose, i, mask.Path, Ranges(there))
			}
		}
	}
	return nil
}

// choose returns the slices to start from for a label outlined on the slices on, and a note.
func (s Selection) choose(label int, on []int) (chosen []int, note string, err error) {
	inside := slices.DeleteFunc(slices.Clone(on), func(i int) bool { return i < s.First || i >= s.End })
	if len(inside) == 0 {
		return nil, "", fmt.Errorf("label %d is outlined on slices %s only, outside the range %d:%d", label, Ranges(on), s.First, s.End)
	}
	if s.Central {
		return inside[(len(inside)-1)/2:][:1], "", nil
	}
	asked, ok := s.Slices[label]
	if !ok {
		asked, ok = s.Slices[0]
	}
	if ok {
		chosen = slices.DeleteFunc(inside, func(i int) bool { return !slices.Contains(asked, i) })
		if len(chosen) == 0 {
			note = fmt.Sprintf("label %d was left out: it is outlined on slices %s, none of which was chosen", label, Ranges(on))
		}
		return chosen, note, nil
	}
	if len(inside) > manyOutlines {
		note = fmt.Sprintf("label %d is outlined on %d slices, all of which are kept as drawn; "+
			"if the mask is a full label map, --slice auto starts from each object's central slice", label, len(inside))
	}
	return inside, note, nil
}

// join formats numbers as "1, 2, 5".
func join(n []int) string {
	parts := make([]string, len(n))
	for i, x := range n {
		parts[i] = strconv.Itoa(x)
	}
	return strings.Join(parts, ", ")
}
