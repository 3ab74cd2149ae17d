package volume

import (
	"bytes"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
	"github.com/stretchr/testify/require"
)

// testSeries is a series of axial slices of 4x3 pixels, 2 mm apart, on the grid of NewGeometry turned to LPS.
func testSeries(slices int) *DICOMSeries {
	s := &DICOMSeries{owner: dicom.Set{}, uid: "1.2.7", placed: true, rows: 3, cols: 4, right: [3]float64{-1, 0, 0}, down: [3]float64{0, -1, 0},
		spacing: [2]float64{1, 1}, thickness: 2}
	s.owner.Text(tagStudyUID, "UI", "1.2")
	for z := range slices {
		s.slices = append(s.slices, dicomInstance{class: "1.2.840.10008.5.1.4.1.1.2", uid: fmt.Sprintf("1.2.7.%d", z), position: [3]float64{0, 0, float64(2 * z)}})
	}
	return s
}

func testImage(slices int) *Volume {
	dim := [3]int{4, 3, slices}
	v := &Volume{Dim: dim, Data: make([]float32, 12*slices), Geom: NewGeometry(dim, [3]float64{1, 1, 2})}
	v.Geom.DICOM = testSeries(slices)
	return v
}

// TestSegmentationRoundTrip: labels of any number, names and colors come back from a DICOM segmentation, slices without
// a label among them; and the file refers to the slices of its series.
func TestSegmentationRoundTrip(t *testing.T) {
	image := testImage(6)
	for name, labels := range map[string]map[int]int32{
		"one":              {17: 1},
		"not from one":     {13: 5, 14: 5, 50: 70000, 51: 3},
		"every slice":      {0: 1, 12: 2, 24: 1, 36: 2, 48: 1, 71: 2},
		"ends without":     {25: 2, 37: 2},
		"slices left out":  {12: 9, 60: 9},
		"first slice only": {3: 4},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLabelMap(image)
			l.Legend = map[int32]Label{}
			for i, n := range labels {
				l.Data[i] = n
				l.Legend[n] = Label{Name: fmt.Sprintf("Säule \\ %d", n), Color: color.RGBA{uint8(n), 100, 250, 255}}
			}
			path := filepath.Join(t.TempDir(), "out.seg.dcm")
			require.NoError(t, CheckFormat(path, image.Geom))
			require.NoError(t, WriteLabelMap(path, l, WriteOptions{}))
			got := maskOn(t, path, image)
			require.Equal(t, l.Dim, got.Dim)
			require.Equal(t, l.Data, got.Data)
			for n, want := range l.Legend {
				require.Equal(t, strings.ReplaceAll(want.Name, "\\", " "), got.Legend[n].Name)
				require.InDelta(t, want.Color.R, got.Legend[n].Color.R, 1)
				require.InDelta(t, want.Color.G, got.Legend[n].Color.G, 1)
				require.InDelta(t, want.Color.B, got.Legend[n].Color.B, 1)
			}
			d, err := loadDICOM(path)
			require.NoError(t, err)
			frames, err := d.Items(tagFrameGroups)
			require.NoError(t, err)
			require.Equal(t, d.Text(dicom.TagFrames), fmt.Sprint(len(frames)))
			derivation, err := frames[0].Item(0x00089124)
			require.NoError(t, err)
			source, err := derivation.Item(0x00082112)
			require.NoError(t, err)
			require.Contains(t, source.Text(0x00081155), "1.2.7.")
		})
	}
}

func TestSegmentationRefused(t *testing.T) {
	image := testImage(2)
	dir := t.TempDir()
	path := filepath.Join(dir, "a.dcm")
	l := NewLabelMap(image)
	require.ErrorContains(t, WriteLabelMap(path, l, WriteOptions{}), "every voxel is background")
	l.Data[0] = -2
	require.ErrorContains(t, WriteLabelMap(path, l, WriteOptions{}), "label -2")
	l.Data[0] = 1
	l.Geom.DICOM = nil
	require.ErrorContains(t, WriteLabelMap(path, l, WriteOptions{}), "the image is not one")
	require.ErrorContains(t, CheckFormat(path, l.Geom), "the image is not one")
	series := *image.Geom.DICOM
	series.placed = false
	l.Geom.DICOM = &series
	require.ErrorContains(t, CheckFormat(path, l.Geom), "the slices of the series have none")
	require.NoError(t, CheckFormat(filepath.Join(dir, "a.nii"), l.Geom))
	require.ErrorContains(t, WriteVolume(path, image, WriteOptions{}), "images are not written as DICOM")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)
}

// TestSegmentationOnOtherGrid: frames are put where they lie in an image that is stored the other way round, or that is
// no DICOM series; a segmentation that does not lie on the image's grid comes back on its own.
func TestSegmentationOnOtherGrid(t *testing.T) {
	image := testImage(5)
	l := NewLabelMap(image)
	l.Data[12*1+4*1+3], l.Data[12*3+2] = 2, 2
	var file bytes.Buffer
	require.NoError(t, l.writeSegmentation(&file, time.Now()))
	path := writeTemp(t, "s.dcm", file.Bytes())

	turned := &Volume{Dim: [3]int{5, 4, 3}, Data: make([]float32, 60)} // z downward, x, y
	turned.Geom = GeometryFromAffine(turned.Dim, affineFromColumns([3]float64{0, 0, -2}, [3]float64{1, 0, 0}, [3]float64{0, 1, 0}, [3]float64{0, 0, 8}))
	got := maskOn(t, path, turned)
	want := make([]int32, 60)
	want[3+5*(3+4*1)], want[1+5*(2+4*0)] = 2, 2
	require.Equal(t, want, got.Data)

	shifted := testImage(5)
	shifted.Geom = GeometryFromAffine(shifted.Dim, affineFromColumns([3]float64{1, 0, 0}, [3]float64{0, 1, 0}, [3]float64{0, 0, 2}, [3]float64{0.5, 0, 0}))
	got, err := ReadMask(path, shifted)
	require.NoError(t, err)
	require.Equal(t, [3]int{4, 3, 3}, got.Dim, "from the first slice with a label to the last")
	_, _, err = OntoGrid(shifted, got, GridOptions{Axis: -1})
	require.Error(t, err)
}

// maskOn reads a mask onto an image's grid.
func maskOn(t *testing.T, path string, image *Volume) *LabelMap {
	t.Helper()
	l, err := ReadMask(path, image)
	require.NoError(t, err)
	l, _, err = OntoGrid(image, l, GridOptions{Axis: -1})
	require.NoError(t, err)
	return l
}

// contour is one closed polygon of a region.
type contour struct {
	number int
	name   string
	kind   string
	points [][3]float64 // LPS mm
}

// testContours is an RTSTRUCT file.
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

// square is a closed contour through pixel centers x0..x1, y0..y1 of slice z of a 20x20 image of 1 mm pixels, 3 mm apart.
func square(x0, x1, y0, y1, z float64) [][3]float64 {
	return [][3]float64{{-x0, -y0, 3 * z}, {-x1, -y0, 3 * z}, {-x1, -y1, 3 * z}, {-x0, -y1, 3 * z}}
}

func TestContoursFilled(t *testing.T) {
	dim := [3]int{20, 20, 6}
	image := &Volume{Dim: dim, Data: make([]float32, 2400), Geom: NewGeometry(dim, [3]float64{1, 1, 3})}
	area := func(l *LabelMap, label int32, z int) (n int) {
		for _, v := range l.Data[400*z : 400*(z+1)] {
			if v == label {
				n++
			}
		}
		return n
	}
	read := func(contours ...contour) *LabelMap {
		l, err := ReadMask(writeTemp(t, "rs.dcm", testContours(contours...)), image)
		require.NoError(t, err)
		require.NoError(t, CheckSameGrid(image, l))
		return l
	}
	l := read(contour{number: 4, name: "Organ", points: square(2, 7, 3, 5, 1)}, contour{number: 2, name: "Other", points: square(9.5, 12.5, 10.2, 13.1, 5)})
	require.Equal(t, 6*3, area(l, 4, 1), "centers on the contour are inside")
	require.Equal(t, 3*3, area(l, 2, 5))
	require.Equal(t, map[int32]Label{4: {Name: "Organ", Color: color.RGBA{255, 0, 9, 255}}, 2: {Name: "Other", Color: color.RGBA{255, 0, 9, 255}}}, l.Legend)
	require.Empty(t, l.Notes)

	hole := testContours(contour{number: 1, points: square(0, 9, 0, 9, 2)})
	d, err := dicom.Parse(hole)
	require.NoError(t, err)
	set, err := parseContours(d)
	require.NoError(t, err)
	set.regions[0].polygons = append(set.regions[0].polygons, square(3, 6, 3, 6, 2))
	l, err = set.fill(image)
	require.NoError(t, err)
	require.Equal(t, 100-2*2, area(l, 1, 2), "what lies strictly inside an inner contour is a hole")

	l = read(contour{number: 1, name: "body", points: square(0, 19, 0, 19, 3)}, contour{number: 2, name: "organ", points: square(4, 6, 4, 6, 3)})
	require.Equal(t, 9, area(l, 2, 3))
	require.Equal(t, 400-9, area(l, 1, 3))
	require.Contains(t, l.Notes[0], "9 voxels belong to more than one region")

	l = read(contour{number: 0, points: square(1, 2, 1, 2, 0)}, contour{number: 1, points: square(1, 2, 1, 2, 40)}, contour{number: 2, kind: "POINT", points: [][3]float64{{1, 1, 1}}},
		contour{number: 3, points: square(1, 3, 1, 2, 1.4)})
	require.Equal(t, 4, area(l, 1, 0), "region 0 is numbered from 1")
	require.Equal(t, 6, area(l, 4, 1))
	notes := strings.Join(l.Notes, "; ")
	for _, want := range []string{"numbered in file order", "type POINT are left out", "1 contours are outside", "1 contours are between"} {
		require.Contains(t, notes, want)
	}

	sagittal := read(contour{number: 1, points: [][3]float64{{-5, -2, 3}, {-5, -8, 3}, {-5, -8, 12}, {-5, -2, 12}}})
	require.Equal(t, 7*4, sagittal.Counts()[1])
	require.EqualValues(t, 1, sagittal.Data[5+20*(2+20*1)])

	image.Geom.Nominal = true
	_, err = ReadMask(writeTemp(t, "rs.dcm", hole), image)
	require.ErrorContains(t, err, "but the image (in memory) has none")
	_, err = ReadLabelMap(writeTemp(t, "rs.dcm", hole))
	require.ErrorContains(t, err, "give it as --mask, with the image series")
}

// TestSegmentationOffItsGrid: frames that are shifted sideways would be read out of place.
func TestSegmentationOffItsGrid(t *testing.T) {
	image := testImage(4)
	image.Geom.DICOM.slices[2].position[0] = 50
	l := NewLabelMap(image)
	for i := range l.Data {
		l.Data[i] = 1
	}
	path := filepath.Join(t.TempDir(), "out.seg.dcm")
	require.NoError(t, WriteLabelMap(path, l, WriteOptions{}))
	refused(t, path, "50 mm off the line through the first and last frame")
}

// TestShortStringsEndBetweenCharacters: a short string holds 16 characters, not bytes.
func TestShortStringsEndBetweenCharacters(t *testing.T) {
	for text, want := range map[string]string{
		strings.Repeat("ä", 17):    strings.Repeat("ä", 16),
		strings.Repeat("ä", 16):    strings.Repeat("ä", 16),
		strings.Repeat("x", 17):    strings.Repeat("x", 16),
		strings.Repeat("\xe4", 17): strings.Repeat("\xe4", 16),
	} {
		set := newSlice(1, 0).Set
		set.Text(0x00080050, "SH", text)
		d, err := dicom.Parse(dicom.File(dicom.SyntaxExplicit, set))
		require.NoError(t, err)
		require.Equal(t, want, string(seriesOwner(d)[0x00080050].Value))
	}
}
