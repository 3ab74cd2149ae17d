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

// testSeries returns a series of axial slices of 4x3 pixels, 2 mm apart, on the grid of NewGeometry in LPS.
func testSeries(slices int) *DICOMSeries {
	s := &DICOMSeries{owner: dicom.Set{}, uid: "1.2.7", placed: true, rows: 3, cols: 4, right: [3]float64{-1, 0, 0}, down: [3]float64{0, -1, 0},
		spacing: [2]float64{1, 1}, thickness: 2}
	s.owner.Text(tagStudyUID, "UI", "1.2")
	for z := range slices {
		s.slices = append(s.slices, dicomInstance{class: "1.2.840.10008.5.1.4.1.1.2", uid: fmt.Sprintf("1.2.7.%d", z), position: [3]float64{0, 0, float64(2 * z)}})
	}
	return s
}

// testImage returns an empty image from testSeries.
func testImage(slices int) *Volume {
	dim := [3]int{4, 3, slices}
	v := &Volume{Dim: dim, Data: make([]float32, 12*slices), Geom: NewGeometry(dim, [3]float64{1, 1, 2})}
	v.Geom.DICOM = testSeries(slices)
	return v
}

// TestSegmentationRoundTrip checks that labels of any number, with names and colors, survive being written as a
// DICOM segmentation, also with empty slices in between, and that the file refers to the slices of its series.
func TestSegmentationRoundTrip(t *testing.T) {
	image := testImage(6)
	for name, labels := range map[string]map[int]int32{
		"one":                         {17: 1},
		"large numbers":               {13: 5, 14: 5, 50: 70000, 51: 3},
		"every slice":                 {0: 1, 12: 2, 24: 1, 36: 2, 48: 1, 71: 2},
		"first and last slices empty": {25: 2, 37: 2},
		"empty slices in between":     {12: 9, 60: 9},
		"first slice only":            {3: 4},
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

// TestSegmentationRefused checks that what cannot be written as a DICOM segmentation is refused, and that nothing is
// written.
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

// TestSegmentationOnOtherGrid checks that frames are placed correctly in an image with another storage order that is
// not a DICOM series, and that a segmentation off the image's grid keeps its own.
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

// maskOn reads a mask and brings it onto an image's grid.
func maskOn(t *testing.T, path string, image *Volume) *LabelMap {
	t.Helper()
	l, err := ReadMask(path, image)
	require.NoError(t, err)
	l, _, err = OntoGrid(image, l, GridOptions{Axis: -1})
	require.NoError(t, err)
	return l
}

// TestSegmentationOffItsGrid checks that a segmentation is refused if one of its frames is shifted sideways.
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

// TestShortStringsEndBetweenCharacters checks that a short string is cut to 16 characters rather than bytes.
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
