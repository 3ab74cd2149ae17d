package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/dicom"
	"github.com/stretchr/testify/require"
)

// writeSeries writes axial CT slices of 20x16 pixels, 3 mm apart, each with the same bright box, and a text file next to them.
func writeSeries(t *testing.T, folder string, slices int) {
	t.Helper()
	require.NoError(t, os.Mkdir(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "readme.txt"), []byte("from the archive"), 0o644))
	for z := range slices {
		s := dicom.Set{}
		s.Text(dicom.TagSOPClass, "UI", "1.2.840.10008.5.1.4.1.1.2")
		s.Text(dicom.TagSOPInstance, "UI", fmt.Sprintf("1.2.3.%d", z+1))
		s.Text(0x00080060, "CS", "CT")
		s.Text(0x00100010, "PN", "Doe^Jane")
		s.Text(0x0020000d, "UI", "1.2.8")
		s.Text(0x0020000e, "UI", "1.2.9")
		s.Decimals(0x00200032, -10, -8, float64(3*z))
		s.Text(0x00200037, "DS", "1", "0", "0", "0", "1", "0")
		s.Text(0x00280030, "DS", "1", "1")
		s.Text(0x00281052, "DS", "-1000")
		for tag, n := range map[dicom.Tag]int{dicom.TagRows: 16, dicom.TagColumns: 20, dicom.TagBitsAllocated: 16, dicom.TagSamplesPerPixel: 1} {
			s.Short(tag, n)
		}
		var raw []byte
		for i := range 16 * 20 {
			value := uint16(900 + i%7)
			if x, y := i%20, i/20; x >= 5 && x < 12 && y >= 4 && y < 10 {
				value = 1100
			}
			raw = binary.LittleEndian.AppendUint16(raw, value)
		}
		s[dicom.TagPixels] = dicom.Field{VR: "OW", Value: raw}
		require.NoError(t, os.WriteFile(filepath.Join(folder, fmt.Sprintf("IM%03d", z)), dicom.File(dicom.SyntaxExplicit, s), 0o644))
	}
}

// writeContours writes an RTSTRUCT file with a rectangle named Liver, number 4, at z = 6 mm.
func writeContours(t *testing.T, path string) {
	t.Helper()
	contour, item, roi, set := dicom.Set{}, dicom.Set{}, dicom.Set{}, dicom.Set{}
	contour.Text(0x30060042, "CS", "CLOSED_PLANAR")
	contour.Decimals(0x30060050, -5, -4, 6, 1, -4, 6, 1, 1, 6, -5, 1, 6)
	item.Sequence(0x30060040, contour)
	item.Text(0x30060084, "IS", "4")
	roi.Text(0x30060022, "IS", "4")
	roi.Text(0x30060026, "LO", "Liver")
	set.Text(dicom.TagSOPClass, "UI", "1.2.840.10008.5.1.4.1.1.481.3")
	set.Text(dicom.TagSOPInstance, "UI", "1.2.77")
	set.Sequence(0x30060020, roi)
	set.Sequence(0x30060039, item)
	require.NoError(t, os.WriteFile(path, dicom.File(dicom.SyntaxExplicit, set), 0o644))
}

// TestPropagateDICOM propagates contours through a series. The result is a DICOM segmentation that refers to the series, keeps
// the name, and can be a mask in turn. What was left out of the folder is reported.
func TestPropagateDICOM(t *testing.T) {
	w := newWorkspace(t)
	w.image = w.path("series")
	writeSeries(t, w.image, 6)
	mask := w.path("rs.dcm")
	writeContours(t, mask)

	out := w.path("out.seg.dcm")
	s, r := w.propagateJSON(t, "--mask", mask, "-o", out)
	require.Contains(t, r.errors, "readme.txt (no image)")
	require.Len(t, s.Notes, 1)
	require.Equal(t, 4, s.Objects[0].Label)

	image, err := volume.Read(w.image)
	require.NoError(t, err)
	drawn, err := volume.ReadMask(mask, image)
	require.NoError(t, err)
	labels, err := volume.ReadMask(out, image)
	require.NoError(t, err)
	require.Contains(t, drawn.Slice(2, 2), int32(4))
	require.Equal(t, drawn.Slice(2, 2), labels.Slice(2, 2), "the outlined slice is kept")
	require.Equal(t, "Liver", labels.Legend[4].Name)
	raw, err := os.ReadFile(out)
	require.NoError(t, err)
	d, err := dicom.Parse(raw)
	require.NoError(t, err)
	require.Equal(t, "Doe^Jane", d.Text(0x00100010))

	r = w.propagate("--mask", out, "-o", w.path("again.seg.nrrd"), "--slice", "2")
	require.Equal(t, exitDone, r.code, r.errors)
	again, err := volume.ReadLabelMap(w.path("again.seg.nrrd"))
	require.NoError(t, err)
	require.Equal(t, drawn.Slice(2, 2), again.Slice(2, 2))
	require.Equal(t, "Liver", again.Legend[4].Name)

	var info volumeFile
	runJSON(t, &info, "info", w.image)
	require.Equal(t, []string{"left out: readme.txt (no image)"}, info.Notes)
	info = volumeFile{}
	runJSON(t, &info, "info", out)
	require.Equal(t, "Liver", info.Labels[0].Name)
}

// TestPropagateDICOMOutputNeedsASeries checks that this is reported before anything is computed.
func TestPropagateDICOMOutputNeedsASeries(t *testing.T) {
	w := newWorkspace(t)
	r := w.propagate("--mask", w.mask, "-o", w.path("out.dcm"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "a DICOM segmentation needs a DICOM series, and the image is not one")
	require.NotContains(t, r.errors, "model:")
	require.NoFileExists(t, w.path("out.dcm"))
}
