package report

import (
	"errors"
	"fmt"
	"image/color"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Study is a segmented volume.
type Study struct {
	Title   string
	Image   *volume.Volume
	Window  volume.Window    // the gray window; zero: determined for each object from its surroundings
	Labels  *volume.LabelMap // the result, on the image's grid, with a legend of names and colors
	Axis    int              // the axis that slices are across
	Objects []Object         // one per label, ascending
}

// Object is a label, with what is known about it slice by slice.
type Object struct {
	Label  int
	Name   string     // empty: the name in the legend of Study.Labels, or "label N"
	Color  color.RGBA // transparent: the color in the legend, or one that color-blind people can distinguish
	Doubts []string   // short reasons to doubt the object as a whole
	Slices []Slice    // ascending; slices that were not computed may be missing
}

// Slice is an object on a slice.
type Slice struct {
	Index    int
	Score    float64 // logit of the object's presence: absent if <= 0; NaN if unknown
	Area     int     // pixels
	Outlined bool    // by the annotator, rather than tracked

	Doubts   []string // short reasons to check the slice, such as "area jumps"
	Severity float64  // of the doubts: slices with larger values come first, then those with more doubts
}

// doubtful reports whether there is a reason to check the slice.
func (s Slice) doubtful() bool { return len(s.Doubts) > 0 }

// at returns the slice with an index. If it is missing, only the index is set.
func (o Object) at(index int) Slice {
	if i, ok := slices.BinarySearchFunc(o.Slices, index, func(s Slice, index int) int { return s.Index - index }); ok {
		return o.Slices[i]
	}
	return Slice{Index: index}
}

// name returns the name of an object.
func (s Study) name(o Object) string {
	if o.Name != "" {
		return o.Name
	}
	return s.Labels.Name(int32(o.Label))
}

// indices lists all slices with an entry for any object, ascending.
func (s Study) indices() []int {
	var all []int
	for _, o := range s.Objects {
		for _, sl := range o.Slices {
			all = append(all, sl.Index)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// check returns an error if the study cannot be drawn.
func (s Study) check() error {
	if len(s.indices()) == 0 {
		return errors.New("report: no slices to show")
	}
	if s.Image.Dim != s.Labels.Dim {
		return fmt.Errorf("report: the label map has %v voxels, the image %v", s.Labels.Dim, s.Image.Dim)
	}
	n := s.Labels.Dim[s.Axis]
	if all := s.indices(); all[0] < 0 || all[len(all)-1] >= n {
		return fmt.Errorf("report: slices %d to %d are not within the volume's 0 to %d", all[0], all[len(all)-1], n-1)
	}
	return nil
}

// pixelArea returns the area of a pixel in cm2; false if it is unknown.
func (s Study) pixelArea() (float64, bool) {
	g := s.Labels.Geom
	if g.Nominal {
		return 0, false
	}
	area := 1.0
	for a, mm := range g.Spacing {
		if a != s.Axis {
			area *= mm / 10
		}
	}
	return area, true
}
