package volume

import (
	"fmt"
	"image/color"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
	"github.com/stretchr/testify/require"
)

// contour is a region of one contour.
type contour struct {
	number int
	name   string
	kind   string       // empty: CLOSED_PLANAR
	points [][3]float64 // LPS mm
}

// testContours returns an RTSTRUCT file.
func testContours(contours ...contour) []byte {
	set := dicom.Set{}
	set.Text(dicom.TagSOPClass, "UI", classRTStruct)
	set.Text(dicom.TagSOPInstance, "UI", "1.2.3")
	set.Text(tagModality, "CS", "RTSTRUCT")
	var rois, items []dicom.Set
	for _, c := range contours {
		roi, item, one := dicom.Set{}, dicom.Set{}, dicom.Set{}
		roi.Text(tagROINumber, "IS", fmt.Sprint(c.number))
		roi.Text(tagROIName, "LO", c.name)
		rois = append(rois, roi)
		if c.kind == "" {
			c.kind = "CLOSED_PLANAR"
		}
		one.Text(tagContourType, "CS", c.kind)
		var numbers []float64
		for _, p := range c.points {
			numbers = append(numbers, p[:]...)
		}
		one.Decimals(tagContourData, numbers...)
		item.Sequence(tagContours, one)
		item.Text(tagReferencedROI, "IS", fmt.Sprint(c.number))
		item.Text(tagROIColor, "IS", "255", "0", "9")
		items = append(items, item)
	}
	set.Sequence(tagROIs, rois...)
	set.Sequence(tagROIContours, items...)
	return dicom.File(dicom.SyntaxExplicit, set)
}

// square returns a closed contour through the pixel centers x0..x1, y0..y1 on slice z of contourImage.
func square(x0, x1, y0, y1, z float64) [][3]float64 {
	return [][3]float64{{-x0, -y0, 3 * z}, {-x1, -y0, 3 * z}, {-x1, -y1, 3 * z}, {-x0, -y1, 3 * z}}
}

// contourImage returns a 20x20x6 image of 1 mm pixels, with slices 3 mm apart.
func contourImage() *Volume {
	dim := [3]int{20, 20, 6}
	return &Volume{Dim: dim, Data: make([]float32, 2400), Geom: NewGeometry(dim, [3]float64{1, 1, 3})}
}

// fillContours writes contours to a file and reads them as a mask of contourImage.
func fillContours(t *testing.T, contours ...contour) *LabelMap {
	image := contourImage()
	l, err := ReadMask(writeTemp(t, "rs.dcm", testContours(contours...)), image)
	require.NoError(t, err)
	require.NoError(t, CheckSameGrid(image, l))
	return l
}

// areaOf returns the number of a label's pixels on slice z of a mask of contourImage.
func areaOf(l *LabelMap, label int32, z int) (n int) {
	for _, v := range l.Data[400*z : 400*(z+1)] {
		if v == label {
			n++
		}
	}
	return n
}

// TestContoursFilled checks which voxels are inside contours, on axial and on sagittal planes, and the regions' names and
// colors.
func TestContoursFilled(t *testing.T) {
	l := fillContours(t, contour{number: 4, name: "Organ", points: square(2, 7, 3, 5, 1)}, contour{number: 2, name: "Other", points: square(9.5, 12.5, 10.2, 13.1, 5)})
	require.Equal(t, 6*3, areaOf(l, 4, 1), "centers on the contour are inside")
	require.Equal(t, 3*3, areaOf(l, 2, 5))
	require.Equal(t, map[int32]Label{4: {Name: "Organ", Color: color.RGBA{255, 0, 9, 255}}, 2: {Name: "Other", Color: color.RGBA{255, 0, 9, 255}}}, l.Legend)
	require.Empty(t, l.Notes)

	sagittal := fillContours(t, contour{number: 1, points: [][3]float64{{-5, -2, 3}, {-5, -8, 3}, {-5, -8, 12}, {-5, -2, 12}}})
	require.Equal(t, 7*4, sagittal.Counts()[1])
	require.EqualValues(t, 1, sagittal.Data[5+20*(2+20*1)])
}

// TestContoursWithHole checks that voxels strictly inside an inner contour are a hole.
func TestContoursWithHole(t *testing.T) {
	d, err := dicom.Parse(testContours(contour{number: 1, points: square(0, 9, 0, 9, 2)}))
	require.NoError(t, err)
	set, err := parseContours(d)
	require.NoError(t, err)
	set.regions[0].polygons = append(set.regions[0].polygons, square(3, 6, 3, 6, 2))
	l, err := set.fill(contourImage())
	require.NoError(t, err)
	require.Equal(t, 100-2*2, areaOf(l, 1, 2))
}

// TestContoursThatOverlap checks that the smaller of two overlapping regions wins, with a note.
func TestContoursThatOverlap(t *testing.T) {
	l := fillContours(t, contour{number: 1, name: "body", points: square(0, 19, 0, 19, 3)}, contour{number: 2, name: "organ", points: square(4, 6, 4, 6, 3)})
	require.Equal(t, 9, areaOf(l, 2, 3))
	require.Equal(t, 400-9, areaOf(l, 1, 3))
	require.Contains(t, l.Notes[0], "9 voxels belong to more than one region")
}

// TestUnusualContours checks the notes about contours that are renumbered, left out, outside the image, or between slices.
func TestUnusualContours(t *testing.T) {
	l := fillContours(t, contour{number: 0, points: square(1, 2, 1, 2, 0)}, contour{number: 1, points: square(1, 2, 1, 2, 40)},
		contour{number: 2, kind: "POINT", points: [][3]float64{{1, 1, 1}}}, contour{number: 3, points: square(1, 3, 1, 2, 1.4)})
	require.Equal(t, 4, areaOf(l, 1, 0), "because of region 0, regions are numbered from 1")
	require.Equal(t, 6, areaOf(l, 4, 1))
	notes := strings.Join(l.Notes, "; ")
	for _, want := range []string{"numbered in file order", "type POINT are left out", "1 contours are outside", "1 contours are between"} {
		require.Contains(t, notes, want)
	}
}

// TestContoursNeedAPlacedImage checks the errors for contours without an image whose position is known.
func TestContoursNeedAPlacedImage(t *testing.T) {
	path := writeTemp(t, "rs.dcm", testContours(contour{number: 1, points: square(0, 9, 0, 9, 2)}))
	image := contourImage()
	image.Geom.Nominal = true
	_, err := ReadMask(path, image)
	require.ErrorContains(t, err, "but the image (in memory) has none")
	_, err = ReadLabelMap(path)
	require.ErrorContains(t, err, "give it as --mask, with the image series")
}
