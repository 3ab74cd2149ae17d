package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/dicom"
	"github.com/stretchr/testify/require"
)

// writeSeries writes axial CT slices of 20x16 pixels, 3 mm apart, with a bright box that all of them show, and a text
// file beside them.
func writeSeries(t *testing.T, folder string, slices int) {
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

// TestPropagateDICOM: a series and contours in, a DICOM segmentation out that refers to the series and can be a mask
// again; what was left out of the folder is said.
func TestPropagateDICOM(t *testing.T) {
	w := newWorkspace(t)
	w.image = w.path("series")
	writeSeries(t, w.image, 6)
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
	mask := w.path("rs.dcm")
	require.NoError(t, os.WriteFile(mask, dicom.File(dicom.SyntaxExplicit, set), 0o644))

	out := w.path("out.seg.dcm")
	r := w.propagate("--mask", mask, "-o", out, "--json")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "readme.txt (no image)")
	var s summary
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	require.Len(t, s.Notes, 1)
	require.Equal(t, 4, s.Objects[0].Label)

	image, err := volume.Read(w.image)
	require.NoError(t, err)
	drawn, err := volume.ReadMask(mask, image)
	require.NoError(t, err)
	labels, err := volume.ReadMask(out, image)
	require.NoError(t, err)
	require.Equal(t, drawn.Slice(2, 2), labels.Slice(2, 2), "the outlined slice is kept verbatim")
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
	r = slmsamRun("info", w.image, "--json")
	require.NoError(t, json.Unmarshal([]byte(r.out), &info))
	require.Equal(t, []string{"left out: readme.txt (no image)"}, info.Notes)
	r = slmsamRun("info", out, "--json")
	require.NoError(t, json.Unmarshal([]byte(r.out), &info))
	require.Equal(t, "Liver", info.Labels[0].Name)
}

// TestPropagateDICOMOutputNeedsASeries: said before anything is computed.
func TestPropagateDICOMOutputNeedsASeries(t *testing.T) {
	w := newWorkspace(t)
	r := w.propagate("--mask", w.mask, "-o", w.path("out.dcm"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "a DICOM segmentation needs a DICOM series, and the image is not one")
	require.NotContains(t, r.errors, "model:")
	require.NoFileExists(t, w.path("out.dcm"))
}
