package checkpoint

import (
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMalformedSafetensors checks the errors for malformed headers, without allocating the memory that they claim.
func TestMalformedSafetensors(t *testing.T) {
	entry := func(dtype, shape string, from, to int64) string {
		return fmt.Sprintf(`{"w":{"dtype":"%s","shape":%s,"data_offsets":[%d,%d]}}`, dtype, shape, from, to)
	}
	for want, data := range map[string][]byte{
		"claims 9000000000000000000 bytes":    append(binary.LittleEndian.AppendUint64(nil, 9e18), "{}"...),
		"not JSON":                            stHeader("{oops}", nil),
		"map strings to strings":              stHeader(`{"__metadata__":{"a":1}}`, nil),
		`element type "F8" is not supported`:  stHeader(entry("F8", "[1]", 0, 1), []byte{0}),
		"the file can hold at most":           stHeader(entry("F32", "[1099511627776]", 0, 4), make([]byte, 4)),
		"overflows":                           stHeader(entry("F32", "[4294967296,4294967296]", 0, 4), make([]byte, 4)),
		"negative dimension":                  stHeader(entry("F32", "[-1]", 0, 4), make([]byte, 4)),
		"outside the 4 bytes":                 stHeader(entry("F32", "[1]", 0, 400), make([]byte, 4)),
		"needs 4 bytes, the offsets give 2":   stHeader(entry("F32", "[1]", 0, 2), make([]byte, 4)),
		"holes or overlaps":                   stHeader(entry("F32", "[1]", 4, 8), make([]byte, 8)),
		"describes 66 bytes, the file has 70": stHeader(entry("F32", "[1]", 0, 4), make([]byte, 8)),
	} {
		requireSmall(t, want, func() {
			_, err := parseBytes(data)
			require.ErrorContains(t, err, want)
		})
	}
}

// stHeader returns a safetensors file with a JSON header and data.
func stHeader(header string, data []byte) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

// TestSafetensorsWithAnyHeaderLength reads headers of many lengths. A length that begins with the byte 0x80, as pickles do,
// must not be taken for a pickle.
func TestSafetensorsWithAnyHeaderLength(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.safetensors")
	tensors := []Named{{Name: "w", Tensor: NewF32([]float32{1, 2}, 2)}}
	for n := 0; n < 256; n += 8 {
		meta := map[string]string{"note": strings.Repeat("x", n)}
		require.NoError(t, WriteSafetensors(path, tensors, meta, Options{Force: true}))
		f, err := Read(path)
		require.NoError(t, err, "%d characters of metadata", n)
		require.Equal(t, []float32{1, 2}, f.Tensors["w"].Data)
	}
}
