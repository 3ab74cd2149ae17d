package volume

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
)

// placeTolerance is the largest distance, in slices, of a contour from the image slice it was drawn on that is accepted without
// a note. Positions may be rounded.
const placeTolerance = 0.25

// Elements of structure sets (PS3.3 A.19).
const (
	tagROIs          dicom.Tag = 0x30060020
	tagROINumber     dicom.Tag = 0x30060022
	tagROIName       dicom.Tag = 0x30060026
	tagROIColor      dicom.Tag = 0x3006002a
	tagROIContours   dicom.Tag = 0x30060039
	tagContours      dicom.Tag = 0x30060040
	tagContourType   dicom.Tag = 0x30060042
	tagContourData   dicom.Tag = 0x30060050
	tagReferencedROI dicom.Tag = 0x30060084
)

// contourSet holds the contours of an RTSTRUCT.
type contourSet struct {
	regions []contourRegion
	legend  map[int32]Label
	notes   []string
}

// contourRegion is a region of interest: closed polygons in LPS mm.
type contourRegion struct {
	label    int32
	polygons [][][3]float64
}

// isContours reports whether a file is a structure set.
func isContours(d *dicom.DataSet) bool {
	return d.Text(dicom.TagSOPClass) == classRTStruct || (!d.HasImage() && (d.Text(tagModality) == "RTSTRUCT" || d.Has(tagROIContours)))
}

// parseContours reads all closed contours. A region's ROI number is its label. If the numbers are not all positive integers,
// regions are numbered in file order.
func parseContours(d *dicom.DataSet) (*contourSet, error) {
	set := &contourSet{legend: map[int32]Label{}}
	rois, err := d.Items(tagROIs)
	if err != nil {
		return nil, err
	}
	names := map[int]string{}
	for _, r := range rois {
		n, _ := r.Number(tagROINumber)
		names[int(n)] = decodeName(r.Text(tagROIName))
	}
	items, err := d.Items(tagROIContours)
	if err != nil {
		return nil, err
	}
	numbers := make([]int, len(items))
	usable := true
	for i, item := range items {
		n, ok := item.Number(tagReferencedROI)
		numbers[i] = int(n)
		usable = usable && ok && n > 0 && n <= math.MaxInt32 && n == math.Trunc(n)
	}
	for i, item := range items {
		region := contourRegion{label: int32(numbers[i])}
		if !usable {
			region.label = int32(i + 1)
		}
		contours, err := item.Items(tagContours)
		if err != nil {
			return nil, err
		}
		for _, c := range contours {
			if err := region.add(c, set); err != nil {
				return nil, fmt.Errorf("region %d: %w", numbers[i], err)
			}
		}
		l := Label{Name: names[numbers[i]]}
		if rgb, ok, err := item.Numbers(tagROIColor, 3); err == nil && ok {
			l.Color = color.RGBA{channel(rgb[0]), channel(rgb[1]), channel(rgb[2]), 255}
		}
		set.legend[region.label] = l
		set.regions = append(set.regions, region)
	}
	if !usable && len(items) > 0 {
		set.note("the regions have no usable numbers: they are numbered in file order")
	}
	return set, nil
}

// channel converts a color component to 8 bits.
func channel(x float64) uint8 { return uint8(min(max(x, 0), 255)) }

// note adds a note unless it is already there.
func (c *contourSet) note(text string) {
	if !slices.Contains(c.notes, text) {
		c.notes = append(c.notes, text)
	}
}

// add reads a contour (an item of ContourSequence, PS3.3 C.8.8.6) and adds it to the region.
func (r *contourRegion) add(d *dicom.DataSet, set *contourSet) error {
	kind := d.Text(tagContourType)
	if !strings.HasPrefix(kind, "CLOSED") {
		set.note(fmt.Sprintf("contours of type %s are left out: only closed ones have an inside", kind))
		return nil
	}
	n, ok, err := d.Numbers(tagContourData, 0)
	if err != nil || !ok {
		return err
	}
	if len(n)%3 != 0 {
		return fmt.Errorf("a contour has %d numbers, want three for each point: corrupt file", len(n))
	}
	polygon := make([][3]float64, len(n)/3)
	for i := range polygon {
		copy(polygon[i][:], n[3*i:])
	}
	r.polygons = append(r.polygons, polygon)
	return nil
}

// fill returns a label map on the image's grid with, on each slice, the pixels whose centers are inside the contours or on them.
// Contours inside others are holes.
func (c *contourSet) fill(image *Volume) (*LabelMap, error) {
	grid := image.Geom.orDefault(image.Dim)
	inverse, ok := grid.Affine.inverse()
	if !ok || grid.Nominal {
		return nil, fmt.Errorf("contours have positions in space, but the image %s has none", displayPath(image.Path))
	}
	paint := newPainter(len(image.Data))
	outside, between := 0, 0
	for _, region := range c.regions {
		planes := map[planeKey][][][2]float64{}
		for _, polygon := range region.polygons {
			key, flat, off := flatten(polygon, inverse)
			if key.slice < 0 || key.slice >= image.Dim[key.axis] {
				outside++
				continue
			}
			if off > placeTolerance {
				between++
			}
			planes[key] = append(planes[key], flat)
		}
		for key, polygons := range planes {
			fillSlice(paint, image.Dim, key, polygons, region.label)
		}
	}
	for _, n := range []struct {
		count int
		text  string
	}{{outside, "contours are outside the image and were left out"}, {between, "contours are between two slices: each was put on the nearer one"}} {
		if n.count > 0 {
			c.note(fmt.Sprintf("%d %s", n.count, n.text))
		}
	}
	out := NewLabelMap(image)
	out.Legend = c.legend
	out.Data = paint.finish(out.Legend)
	out.Notes = append(c.notes, paint.notes...)
	return out, nil
}
