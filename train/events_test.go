package train

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMaskedCRC masks the well-known CRC-32C of "123456789", 0xe3069283 (RFC 3720, appendix B.4, has the same polynomial), as
// tensorflow/core/lib/hash/crc32c.h does.
func TestMaskedCRC(t *testing.T) {
	crc := uint32(0xe3069283)
	require.Equal(t, (crc>>15|crc<<17)+0xa282ead8, maskedCRC([]byte("123456789")))
}

// TestEventsAreTFRecords reads an event file back, record by record.
func TestEventsAreTFRecords(t *testing.T) {
	dir := t.TempDir()
	e, err := newEvents(dir, 7)
	require.NoError(t, err)
	e.scalars(8, map[string]float64{"b": 2.5, "a": -1})
	require.NoError(t, e.close())
	files, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	data, err := os.ReadFile(files[0])
	require.NoError(t, err)
	var records [][]byte
	for len(data) > 0 {
		n := binary.LittleEndian.Uint64(data)
		require.Equal(t, maskedCRC(data[:8]), binary.LittleEndian.Uint32(data[8:]))
		record := data[12 : 12+n]
		require.Equal(t, maskedCRC(record), binary.LittleEndian.Uint32(data[12+n:]))
		records = append(records, record)
		data = data[16+n:]
	}
	require.Len(t, records, 3)
	require.Contains(t, string(records[0]), "brain.Event:2")
	last := records[2]
	require.Equal(t, []byte{2 << 3, 8}, last[9:11], "step 8 after the wall time")
	want := []byte{5<<3 | 2, 20, 1<<3 | 2, 8, 1<<3 | 2, 1, 'a', 2<<3 | 5}
	want = binary.LittleEndian.AppendUint32(want, math.Float32bits(-1))
	want = append(want, 1<<3|2, 8, 1<<3|2, 1, 'b', 2<<3|5)
	want = binary.LittleEndian.AppendUint32(want, math.Float32bits(2.5))
	require.Equal(t, want, last[11:])
}
