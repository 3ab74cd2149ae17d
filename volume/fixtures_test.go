package volume

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// tensor is one entry of a safetensors file, as stored.
type tensor struct {
	Dtype   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
	raw     []byte
}

func (t tensor) bytes() []uint8 { return t.raw }

func (t tensor) bools() []bool {
	out := make([]bool, len(t.raw))
	for i, b := range t.raw {
		out[i] = b != 0
	}
	return out
}

func (t tensor) floats() []float32 {
	out := make([]float32, len(t.raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.raw[4*i:]))
	}
	return out
}

// readTensors reads a safetensors file without the checkpoint package: 8-byte header length, JSON header, data.
func readTensors(t *testing.T, path string) map[string]tensor {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	n := binary.LittleEndian.Uint64(raw)
	var header map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(raw[8:8+n], &header))
	out := map[string]tensor{}
	for name, entry := range header {
		if name == "__metadata__" {
			continue
		}
		var x tensor
		require.NoError(t, json.Unmarshal(entry, &x))
		x.raw = raw[8+int64(n)+x.Offsets[0] : 8+int64(n)+x.Offsets[1]]
		out[name] = x
	}
	return out
}
