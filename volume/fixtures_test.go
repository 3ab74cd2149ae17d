package volume

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// sharedFolder finds a folder of test data: by the environment variable, else in ../shared beside the
// repository. It skips the test if there is none.
func sharedFolder(t *testing.T, variable, name string) string {
	t.Helper()
	if dir := os.Getenv(variable); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Skip("go.mod not found above the test's folder")
		}
		dir = parent
	}
	dir = filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no shared test data: set %s or provide ../shared/%s beside the repository", variable, name)
	}
	return dir
}

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

// readTensors reads a safetensors file: 8-byte header length, JSON header, data.
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
