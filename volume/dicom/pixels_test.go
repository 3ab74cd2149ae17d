package dicom

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestStoredBits checks that unused bits are dropped, and that the sign bit is the highest stored bit.
func TestStoredBits(t *testing.T) {
	p := &Pixels{Allocated: 16, Stored: 12, High: 11, Signed: true}
	raw := []byte{0xff, 0x0f, 0x00, 0x08, 0xff, 0x07, 0xff, 0xf7} // -1, -2048, 2047, and 2047 with overlay bits above it
	got := make([]float64, 4)
	p.widen(got, raw, 16, binary.LittleEndian)
	require.Equal(t, []float64{-1, -2048, 2047, 2047}, got)
	p.Signed = false
	p.widen(got, raw, 16, binary.LittleEndian)
	require.Equal(t, []float64{4095, 2048, 2047, 2047}, got)
}

// TestRLERefused checks the errors for damaged run-length data.
func TestRLERefused(t *testing.T) {
	header := func(segments, first uint32) []byte {
		b := make([]byte, 64)
		binary.LittleEndian.PutUint32(b, segments)
		binary.LittleEndian.PutUint32(b[4:], first)
		return b
	}
	for want, raw := range map[string][]byte{
		"shorter than its header": make([]byte, 10),
		"3 segments":              append(header(3, 64), 0, 0),
		"segment 0 spans":         append(header(1, 9), 0, 0),
		"ends after 2 of 4":       append(header(1, 64), 1, 7, 7),
		"cannot hold":             nil,
	} {
		n := 4
		if want == "cannot hold" {
			raw, n = append(header(1, 64), 0, 0), 1<<30
		}
		_, err := decodeRLE([][]byte{raw}, n, 1)
		require.ErrorContains(t, err, want)
	}
}

// TestOneBitRLEIsRefused checks that run-length data with one bit per pixel is refused, since its segments consist
// of bytes.
func TestOneBitRLEIsRefused(t *testing.T) {
	set := image(8, 8)
	set.Short(TagBitsAllocated, 1)
	set[TagPixels] = Field{VR: "OB", Fragments: [][]byte{make([]byte, 64)}}
	d, err := Parse(File(SyntaxRLE, set))
	require.NoError(t, err)
	p, err := d.Pixels()
	require.NoError(t, err)
	_, err = p.Frame(0)
	require.ErrorContains(t, err, "1 bit per pixel")
}

// TestFramesWithoutPixelsAreRefused checks that a small file cannot claim a million frames.
func TestFramesWithoutPixelsAreRefused(t *testing.T) {
	for syntax, pixels := range map[string]Field{
		SyntaxExplicit: {VR: "OB", Value: make([]byte, 64)},
		SyntaxRLE:      {VR: "OB", Fragments: [][]byte{make([]byte, 64)}},
	} {
		set := image(8, 8)
		set.Text(TagFrames, "IS", "1000000")
		set[TagPixels] = pixels
		d, err := Parse(File(syntax, set))
		require.NoError(t, err)
		_, err = d.Pixels()
		require.ErrorContains(t, err, "1000000 frames", syntax)
	}
}

// image returns a description of 8-bit gray pixels, without the pixels.
func image(rows, columns int) Set {
	set := Set{}
	set.Text(TagSOPClass, "UI", "1.2.840.10008.5.1.4.1.1.7")
	set.Text(TagSOPInstance, "UI", "1.2.3")
	set.Short(TagRows, rows)
	set.Short(TagColumns, columns)
	set.Short(TagBitsAllocated, 8)
	return set
}
