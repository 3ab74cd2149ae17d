package dicom

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDICOMStoredBits(t *testing.T) {
	p := &Pixels{Allocated: 16, Stored: 12, High: 11, Signed: true}
	raw := []byte{0xff, 0x0f, 0x00, 0x08, 0xff, 0x07, 0xff, 0xf7} // -1, -2048, 2047; overlay bits above are dropped
	got := make([]float64, 4)
	p.widen(got, raw, 16, binary.LittleEndian)
	require.Equal(t, []float64{-1, -2048, 2047, 2047}, got)
	p.Signed = false
	p.widen(got, raw, 16, binary.LittleEndian)
	require.Equal(t, []float64{4095, 2048, 2047, 2047}, got)
}

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
