package volume

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
	"github.com/stretchr/testify/require"
)

// made is a DICOM file under construction.
type made struct{ dicom.Set }

// newSlice returns an axial CT slice of 3x2 pixels of 16 bits. The first is 10 times the instance number; see
// pixels.
func newSlice(number int, z float64) made {
	m := made{dicom.Set{}}
	m.Text(dicom.TagSOPClass, "UI", "1.2.840.10008.5.1.4.1.1.2")
	m.Text(dicom.TagSOPInstance, "UI", fmt.Sprintf("1.2.%d", number))
	m.Text(tagSeriesUID, "UI", "1.9")
	m.Text(tagModality, "CS", "CT")
	m.Text(tagInstanceNumber, "IS", fmt.Sprint(number))
	m.Decimals(tagPosition, 0, 0, z)
	m.Text(tagOrientation, "DS", "1", "0", "0", "0", "1", "0")
	m.Text(tagPixelSpacing, "DS", "1", "1")
	m.Short(dicom.TagRows, 2)
	m.Short(dicom.TagColumns, 3)
	m.Short(dicom.TagBitsAllocated, 16)
	m.pixels(10 * number)
	return m
}

// pixels sets one frame per first value. The other values of a frame count up from it.
func (m made) pixels(first ...int) {
	var raw []byte
	for _, f := range first {
		for i := range 6 {
			raw = binary.LittleEndian.AppendUint16(raw, uint16(f+i))
		}
	}
	m.Set[dicom.TagPixels] = dicom.Field{VR: "OW", Value: raw}
}

// with applies a change and returns m.
func (m made) with(change func(m made)) made { change(m); return m }

func (m made) file() []byte { return dicom.File(dicom.SyntaxExplicit, m.Set) }

// folderOf writes files, given by name, to a new folder and returns its path.
func folderOf(t *testing.T, files map[string][]byte) string {
	dir := t.TempDir()
	for name, raw := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), raw, 0o644))
	}
	return dir
}

// seriesOfSlices returns the files of a series with a slice at each z. The slices' first values are 10, 20, ...
func seriesOfSlices(z ...float64) map[string][]byte {
	files := map[string][]byte{}
	for i, at := range z {
		files[fmt.Sprintf("IM%03d", i)] = newSlice(i+1, at).file()
	}
	return files
}

// firsts returns the first value of every slice.
func firsts(v *Volume) (out []float32) {
	for z := range v.Dim[2] {
		out = append(out, v.Data[6*z])
	}
	return out
}

// TestFilesLeftOut checks that a folder's notes name every file that does not belong to the series, with the reason.
func TestFilesLeftOut(t *testing.T) {
	files := seriesOfSlices(0, 2, 4, 6, 8, 10, 12)
	files["scout"] = newSlice(30, 0).with(func(m made) { m.Text(tagImageType, "CS", "ORIGINAL", "PRIMARY", "LOCALIZER") }).file()
	files["other"] = newSlice(31, 0).with(func(m made) { m.Text(tagSeriesUID, "UI", "1.8"); m.Text(tagSeriesName, "LO", "Scout") }).file()
	files["across"] = newSlice(32, 5).with(func(m made) { m.Text(tagOrientation, "DS", "0", "1", "0", "0", "0", "1") }).file()
	files["dose"] = newSlice(33, 0).with(func(m made) { m.Text(tagModality, "CS", "RTDOSE") }).file()
	files["shot"] = newSlice(34, 0).with(func(m made) { m.Text(dicom.TagSOPClass, "UI", "1.2.840.10008.5.1.4.1.1.7") }).file()
	files["report"] = newSlice(35, 0).with(func(m made) { m.Short(dicom.TagSamplesPerPixel, 3) }).file()
	files["rs.dcm"] = testContours()
	files["DICOMDIR"] = []byte("any")
	files["notes.txt"] = []byte("any")
	files[".hidden"] = []byte("any")
	files["preview.jpg"] = []byte("\xff\xd8\xff\xe0")
	dir := folderOf(t, files)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "older"), 0o755))
	v, err := Read(dir)
	require.NoError(t, err)
	require.Equal(t, []float32{10, 20, 30, 40, 50, 60, 70}, firsts(v))
	notes := strings.Join(v.Notes, "\n")
	for _, want := range []string{"scout (localizer)", `other (series 1.8 "Scout" CT 3x2`, "across (series 1.9 CT 3x2 of 1 x 1 mm sagittal", "dose (radiotherapy dose)", "shot (secondary capture)",
		"report (color picture)", "rs.dcm (RTSTRUCT, contours)", "DICOMDIR (DICOM directory)", "notes.txt (no image)", ".hidden (hidden file)", "preview.jpg (PNG or JPEG picture)", "older (folder)"} {
		require.Contains(t, notes, want)
	}

	only := folderOf(t, map[string][]byte{"scout": files["scout"], "rs.dcm": files["rs.dcm"]})
	v, err = Read(only)
	require.NoError(t, err, "a localizer is read if it is the only image")
	require.Equal(t, []float32{300}, firsts(v))
}

// TestUnclearSeriesRefused checks that mosaics, and folders with two series of the same size, are refused.
func TestUnclearSeriesRefused(t *testing.T) {
	refused(t, writeTemp(t, "m", newSlice(1, 0).with(func(m made) { m.Text(tagImageType, "CS", "ORIGINAL", "PRIMARY", "M", "MOSAIC") }).file()), "Siemens mosaic")
	files := seriesOfSlices(0, 2, 4, 6)
	for i := range 4 {
		files[fmt.Sprint("b", i)] = newSlice(i, float64(i)).with(func(m made) { m.Text(tagSeriesUID, "UI", "1.8") }).file()
	}
	refused(t, folderOf(t, files), "series 1.8 CT 3x2 of 1 x 1 mm axial: 4 slices")
}

// TestCopies checks that copies of slices are left out, unless they contradict each other.
func TestCopies(t *testing.T) {
	files := seriesOfSlices(0, 2, 4)
	files["IM001 (1)"] = files["IM001"]
	files["resent"] = newSlice(3, 4).with(func(m made) { m.Text(dicom.TagSOPInstance, "UI", "1.2.99") }).file()
	v, err := Read(folderOf(t, files))
	require.NoError(t, err)
	require.Equal(t, []float32{10, 20, 30}, firsts(v))
	require.Equal(t, []string{"left out: IM001 (1), resent (copies of other slices)"}, v.Notes)
	files["IM001 (1)"] = newSlice(2, 2).with(func(m made) { m.pixels(7) }).file()
	refused(t, folderOf(t, files), "claim to be the same instance (1.2.2) but their pixels differ")
	files = seriesOfSlices(0, 2, 4)
	for i := range 3 {
		files[fmt.Sprint("e", i)] = newSlice(10+i, float64(2*i)).with(func(m made) { m.Text(0x00180081, "DS", "20") }).file()
	}
	refused(t, folderOf(t, files), "they differ in echo time (2 values)")
}

// TestRoundedPositions checks that steps between positions rounded to a tenth of a millimeter count as even, that
// the sideways drift from rounding is ignored, and that real gaps and overlaps are refused.
func TestRoundedPositions(t *testing.T) {
	for _, step := range []float64{0.625, 1.25, 0.75, 0.35, 3.33} {
		files := map[string][]byte{}
		for i := range 30 {
			round := func(x float64) float64 { return math.Round(x*10) / 10 }
			files[fmt.Sprint(i)] = newSlice(i+1, 0).with(func(m made) { m.Decimals(tagPosition, round(0.04*float64(i%2)), 0, round(step*float64(i))) }).file()
		}
		v, err := Read(folderOf(t, files))
		require.NoError(t, err)
		require.InDelta(t, step, v.Geom.Spacing[2], 0.1/29)
		require.Zero(t, v.Geom.Affine[0][2])
		require.Empty(t, v.Notes)
	}
	refused(t, folderOf(t, seriesOfSlices(0, 1, 2, 4, 5)), "1 gap: 2 mm between IM002 and IM003")
	refused(t, folderOf(t, seriesOfSlices(0, 1, 2, 2.4, 3.4, 4.4)), "1 overlap: 0.4 mm between IM002 and IM003")
}

// TestMissingSpacing checks which attribute gives the spacing when the usual one is missing or malformed, and that the notes
// say so.
func TestMissingSpacing(t *testing.T) {
	for name, c := range map[string]struct {
		spacing [3]float64
		note    string // empty: there is none
		change  func(m made, i int)
	}{
		"none":            {[3]float64{1, 1, 2}, "1 mm is assumed", func(m made, _ int) { delete(m.Set, tagPixelSpacing) }},
		"zero":            {[3]float64{1, 1, 2}, "1 mm is assumed, so lengths", func(m made, _ int) { m.Text(tagPixelSpacing, "DS", "0", "0") }},
		"empty":           {[3]float64{1, 1, 2}, "1 mm is assumed", func(m made, _ int) { m.Text(tagPixelSpacing, "DS") }},
		"of the imager":   {[3]float64{0.25, 0.5, 2}, "Imager Pixel", func(m made, _ int) { delete(m.Set, tagPixelSpacing); m.Text(tagImagerSpacing, "DS", "0.5", "0.25") }},
		"of a scan":       {[3]float64{0.2, 0.2, 2}, "Nominal Scanned", func(m made, _ int) { delete(m.Set, tagPixelSpacing); m.Text(tagScannedSpacing, "DS", "0.2", "0.2") }},
		"decimal commas":  {[3]float64{0.7, 0.7, 2}, "", func(m made, _ int) { m.Text(tagPixelSpacing, "DS", "0,7", "0,7") }},
		"slice locations": {[3]float64{1, 1, 3}, "ordered by slice lo", func(m made, i int) { unplace(m, float64(3*(3-i))) }},
	} {
		files := map[string][]byte{}
		for i := range 3 {
			files[fmt.Sprint(i)] = newSlice(i+1, float64(2*i)).with(func(m made) { c.change(m, i) }).file()
		}
		v, err := Read(folderOf(t, files))
		require.NoError(t, err, name)
		require.Equal(t, c.spacing, v.Geom.Spacing, name)
		require.Equal(t, c.note == "", len(v.Notes) == 0, "%s: %v", name, v.Notes)
		require.Contains(t, strings.Join(v.Notes, " "), c.note, name)
	}
}

// unplace replaces the position of a slice by a slice location.
func unplace(m made, location float64) {
	delete(m.Set, tagPosition)
	m.Decimals(tagSliceLocation, location)
}

// TestFormsOfFiles reads a folder of files without extension, some without preamble and some compressed with gzip.
func TestFormsOfFiles(t *testing.T) {
	files := seriesOfSlices(0, 2, 4, 6)
	body := func(raw []byte) []byte { return raw[bytes.Index(raw, []byte("\x08\x00\x16\x00UI")):] }
	packed := func(raw []byte) []byte { return append(gzipBytes(t, raw), make([]byte, 100)...) }
	files["IM001"] = body(files["IM001"])
	files["IM002"] = packed(files["IM002"])
	files["IM003"] = packed(body(files["IM003"]))
	v, err := Read(folderOf(t, files))
	require.NoError(t, err)
	require.Equal(t, []float32{10, 20, 30, 40}, firsts(v))
}

// TestFolderWithOneVolume reads folders whose only content is a volume, or a folder, and checks that a choice among
// several is refused.
func TestFolderWithOneVolume(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "gzip.nrrd"))
	require.NoError(t, err)
	dir := folderOf(t, map[string][]byte{"v.nrrd": raw, "readme.md": []byte("x")})
	v, err := Read(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"read from the only volume in the folder, v.nrrd", "left out: readme.md (no image)"}, v.Notes)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "w.nrrd"), raw, 0o644))
	refused(t, dir, "holds 2 volumes: choose one (v.nrrd, w.nrrd)")
	outer := t.TempDir()
	for name, raw := range seriesOfSlices(0, 1) {
		require.NoError(t, os.MkdirAll(filepath.Join(outer, "study", "series"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(outer, "study", "series", name), raw, 0o644))
	}
	v, err = Read(outer)
	require.NoError(t, err)
	require.Equal(t, []float32{10, 20}, firsts(v))
	require.Equal(t, []string{"read from the only folder in it, series", "read from the only folder in it, study"}, v.Notes)
	index := made{dicom.Set{}}
	index.Text(dicom.TagSOPClass, "UI", classDirectory)
	index.Text(dicom.TagSOPInstance, "UI", "1.2")
	require.NoError(t, os.WriteFile(filepath.Join(outer, "INDEX"), index.file(), 0o644))
	v, err = Read(outer)
	require.NoError(t, err, "a DICOM directory is not an image")
	require.Equal(t, []float32{10, 20}, firsts(v))
	require.NoError(t, os.Mkdir(filepath.Join(outer, "study2"), 0o755))
	refused(t, outer, "choose one of its subfolders (study, study2)")
	refused(t, writeTemp(t, "scan.zip", []byte("PK\x03\x04rest")), "ZIP archive: unpack it first")
}
