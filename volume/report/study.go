package report

import (
	"image/color"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Study is a propagated volume.
type Study struct {
	Title   string
	Image   Gray
	Labels  *volume.LabelMap // the result, on the image's grid
	Axis    int              // across which slices are taken
	Objects []Object         // one per label, ascending
}

// Gray gives the slices of a volume as 8-bit pictures.
type Gray interface {
	Size() (h, w int)
	Gray(i int) []uint8 // [h,w]
}

// Object is one label with what is known of it slice by slice, ascending.
type Object struct {
	Label  int
	Slices []Slice
}

// Slice is one object on one slice.
type Slice struct {
	Index    int
	Score    float64 // logit of the object being there: absent if <= 0
	Area     int     // pixels
	Prompted bool
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

// prompted lists the slices on which some object was prompted.
func (s Study) prompted() []int {
	var all []int
	for _, o := range s.Objects {
		for _, sl := range o.Slices {
			if sl.Prompted {
				all = append(all, sl.Index)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
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

// palette is that of Okabe and Ito, "Color Universal Design" (2008), without black, in an order that
// keeps neighbours apart on grey.
var palette = [...]color.RGBA{
	{230, 159, 0, 255},   // orange
	{86, 180, 233, 255},  // sky blue
	{0, 158, 115, 255},   // bluish green
	{204, 121, 167, 255}, // reddish purple
	{240, 228, 66, 255},  // yellow
	{213, 94, 0, 255},    // vermilion
	{0, 114, 178, 255},   // blue
}

// Colour is that of the i-th object; further objects begin again.
func Colour(i int) color.RGBA { return palette[i%len(palette)] }
