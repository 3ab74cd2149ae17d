package report

import (
	"fmt"
	"image/color"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Study is a segmented volume.
type Study struct {
	Title   string
	Image   *volume.Volume
	Window  volume.Window    // what becomes black and white; zero: chosen for each object from what lies around it
	Labels  *volume.LabelMap // the result, on the image's grid; its legend names and colors labels
	Axis    int              // across which slices are taken
	Objects []Object         // one per label, ascending
}

// Object is one label with what is known of it slice by slice.
type Object struct {
	Label  int
	Name   string     // empty: as in the legend of Study.Labels, else "label N"
	Color  color.RGBA // transparent: as in the legend, else from a palette that color-blind people can tell apart
	Doubts []string   // short reasons to doubt the object as a whole
	Slices []Slice    // ascending; slices on which it was not looked for may be missing
}

// Slice is one object on one slice.
type Slice struct {
	Index    int
	Score    float64 // logit of the object being there: absent if <= 0; NaN where none was measured
	Area     int     // pixels
	Outlined bool    // by the annotator, not tracked

	Doubts   []string // short reasons to look at it, as "area jumps"; none: nothing was noticed
	Severity float64  // of the doubts: larger is shown first; equal ones by the number of doubts
}

// doubtful says whether there is a reason to look at the slice.
func (s Slice) doubtful() bool { return len(s.Doubts) > 0 }

// at finds the slice with an index; one that is missing has the index alone.
func (o Object) at(index int) Slice {
	if i, ok := slices.BinarySearchFunc(o.Slices, index, func(s Slice, index int) int { return s.Index - index }); ok {
		return o.Slices[i]
	}
	return Slice{Index: index}
}

// name is what people call an object.
func (s Study) name(o Object) string {
	if o.Name != "" {
		return o.Name
	}
	return s.Labels.Name(int32(o.Label))
}

// indices lists all slices on which some object was looked for.
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

// check reports a study that cannot be drawn.
func (s Study) check() error {
	if len(s.indices()) == 0 {
		return fmt.Errorf("report: no slices to show")
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

// pixelArea is the area of a pixel in cm2, and whether it is known.
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
