package volume

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume/dicom"
	"github.com/stretchr/testify/require"
)

// testSlice describes a small DICOM file, written byte by byte. Zero fields get ordinary values.
type testSlice struct {
	series   string
	z        float64
	rows     uint16
	spacing  string
	syntax   string
	extra    []byte // inserted before the pixels
	noPixels bool
	raw      []byte
}

// element returns an element in explicit little-endian encoding. OB, OW and SQ have the long form.
func element(tag dicom.Tag, vr string, value []byte) []byte {
	if len(value)%2 == 1 {
		value = append(value, ' ')
	}
	b := binary.LittleEndian.AppendUint16(nil, uint16(tag>>16))
	b = binary.LittleEndian.AppendUint16(b, uint16(tag))
	b = append(b, vr...)
	if vr == "OB" || vr == "OW" || vr == "SQ" {
		b = binary.LittleEndian.AppendUint32(append(b, 0, 0), uint32(len(value)))
	} else {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	}
	return append(b, value...)
}

// us encodes an unsigned short.
func us(x uint16) []byte { return binary.LittleEndian.AppendUint16(nil, x) }

// bytes returns the file, with preamble and rows x 2 pixels of 16 bits.
func (s testSlice) bytes() []byte {
	if s.rows == 0 {
		s.rows = 2
	}
	if s.spacing == "" {
		s.spacing = "1\\1"
	}
	if s.syntax == "" {
		s.syntax = dicom.SyntaxExplicit
	}
	b := append(make([]byte, 128), "DICM"...)
	b = append(b, element(dicom.TagTransferSyntax, "UI", []byte(s.syntax+"\x00"))...)
	b = append(b, element(tagModality, "CS", []byte("CT"))...)
	b = append(b, element(tagSeriesUID, "UI", []byte("1.2."+s.series))...)
	b = append(b, element(tagPosition, "DS", fmt.Appendf(nil, "0\\0\\%g", s.z))...)
	b = append(b, element(tagOrientation, "DS", []byte("1\\0\\0\\0\\1\\0"))...)
	b = append(b, element(dicom.TagRows, "US", us(s.rows))...)
	b = append(b, element(dicom.TagColumns, "US", us(2))...)
	b = append(b, element(tagPixelSpacing, "DS", []byte(s.spacing))...)
	b = append(b, element(dicom.TagBitsAllocated, "US", us(16))...)
	b = append(b, s.extra...)
	if s.noPixels {
		return b
	}
	if s.raw == nil {
		for i := range 2 * s.rows {
			s.raw = append(s.raw, us(uint16(s.z)*10+i)...)
		}
	}
	return append(b, element(dicom.TagPixels, "OW", s.raw)...)
}

// seriesFolder writes the slices to a new folder, as s0.dcm, s1.dcm, ..., and returns its path.
func seriesFolder(t *testing.T, slices ...testSlice) string {
	dir := t.TempDir()
	for i, s := range slices {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("s%d.dcm", i)), s.bytes(), 0o644))
	}
	return dir
}

// TestDICOMSeriesSorted checks that slices are sorted by position, and that files without pixels are ignored.
func TestDICOMSeriesSorted(t *testing.T) {
	dir := seriesFolder(t, testSlice{z: 6}, testSlice{z: 2}, testSlice{z: 4}, testSlice{series: "7", noPixels: true})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), []byte("not an image"), 0o644))
	v, err := Read(dir)
	require.NoError(t, err)
	require.Equal(t, [3]int{2, 2, 3}, v.Dim)
	require.Equal(t, []float32{20, 21, 22, 23, 40, 41, 42, 43, 60, 61, 62, 63}, v.Data)
	require.Equal(t, [3]float64{1, 1, 2}, v.Geom.Spacing)
	require.Equal(t, "LPS", v.Geom.Orientation())
	require.Equal(t, "CT", v.Modality)
}

// TestDICOMSeriesRefused checks the errors for series that are inconsistent, damaged or malicious.
func TestDICOMSeriesRefused(t *testing.T) {
	undefined := func(tag dicom.Tag, vr string) []byte {
		b := element(tag, vr, nil)
		binary.LittleEndian.PutUint32(b[len(b)-4:], 0xffffffff)
		return b
	}
	var nested []byte // sequence in item in sequence ..., a thousand deep
	for range 1000 {
		nested = append(nested, undefined(0x00081140, "SQ")...)
		nested = append(nested, 0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff)
	}
	huge := element(0x00091010, "OB", nil)
	binary.LittleEndian.PutUint32(huge[len(huge)-4:], 0xfffffff0)
	for _, c := range []struct {
		want   string
		slices []testSlice
	}{
		{"mixes several series", []testSlice{{series: "1"}, {series: "2", z: 1}}},
		{"2x3 of 1 x 1 mm axial: 1 slice", []testSlice{{}, {z: 1, rows: 3}}},
		{"2x2 of 2 x 2 mm axial: 1 slice", []testSlice{{}, {z: 1, spacing: "2\\2"}}},
		{"1 slice at the same position as another (s1.dcm and s2.dcm)", []testSlice{{}, {z: 1}, {z: 1, raw: make([]byte, 8)}, {z: 2}}},
		{"6 mm between s2.dcm and s3.dcm", []testSlice{{}, {z: 3}, {z: 6}, {z: 12}, {z: 15}}},
		{"HTJ2K lossless (1.2.840.10008.1.2.4.201), which is not supported: decompress the series first, for example with dcm2niix", []testSlice{{syntax: "1.2.840.10008.1.2.4.201"}}},
		{"need 8 bytes, the file holds 6", []testSlice{{raw: make([]byte, 6)}}},
		{"3 samples per pixel", []testSlice{{extra: element(dicom.TagSamplesPerPixel, "US", us(3))}}},
		{"9 frames of 2x2 pixels of 16 bits need 72 bytes, the file holds 8", []testSlice{{extra: element(dicom.TagFrames, "IS", []byte("9"))}}},
		{"bits allocated 16, stored 12, high bit 3", []testSlice{{extra: append(element(dicom.TagBitsStored, "US", us(12)), element(dicom.TagHighBit, "US", us(3))...)}}},
		{"is not a finite number", []testSlice{{extra: element(tagRescaleSlope, "DS", []byte("abc"))}}},
		{"two orthogonal unit vectors", []testSlice{{extra: element(tagOrientation, "DS", []byte("1\\0\\0\\1\\0\\0"))}}},
		{"nested more than 32 deep", []testSlice{{extra: nested}}},
		{"should have 4294967280 bytes", []testSlice{{extra: huge}}},
		{"hold no image", []testSlice{{noPixels: true}}},
		{"does not match the transfer syntax", []testSlice{{syntax: dicom.SyntaxRLE, raw: make([]byte, 6)}}},
	} {
		t.Run(c.want, func(t *testing.T) { refused(t, seriesFolder(t, c.slices...), c.want) })
	}
}

// TestDICOMNestedSequenceSkipped checks that sequences of undefined length before the pixels are skipped.
func TestDICOMNestedSequenceSkipped(t *testing.T) {
	item := []byte{0xfe, 0xff, 0x00, 0xe0, 0xff, 0xff, 0xff, 0xff}
	itemEnd := []byte{0xfe, 0xff, 0x0d, 0xe0, 0, 0, 0, 0}
	end := []byte{0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0}
	open := element(0x00081140, "SQ", nil)
	binary.LittleEndian.PutUint32(open[len(open)-4:], 0xffffffff)
	var extra []byte
	for _, part := range [][]byte{open, item, element(dicom.TagRows, "US", us(999)), open, item, itemEnd, end, itemEnd, end} {
		extra = append(extra, part...)
	}
	v, err := Read(seriesFolder(t, testSlice{extra: extra}))
	require.NoError(t, err)
	require.Equal(t, [3]int{2, 2, 1}, v.Dim)
}
