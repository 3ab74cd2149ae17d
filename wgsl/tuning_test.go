//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// tunedProduct runs a 65 x 33 x 17 product of ones and twos, and checks the result.
func tunedProduct(t *testing.T, d *Device) {
	t.Helper()
	a, b, c := d.Alloc(65*17), d.Alloc(17*33), d.Alloc(65*33)
	d.Fill(backend.Fill{X: a, N: 65 * 17, Value: 1})
	d.Fill(backend.Fill{X: b, N: 17 * 33, Value: 2})
	d.MatMul(backend.MatMul{A: a, B: b, C: c, M: 65, N: 33, K: 17, Batch: 1})
	got := make([]float32, 65*33)
	require.NoError(t, d.Read(c, 0, got))
	for _, v := range got {
		require.Equal(t, float32(34), v)
	}
}

// TestTuningIsKept checks that measurements are stored in a file and used by the next device.
func TestTuningIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "tuning.json")
	d := open(t, Options{Tune: true, TuningFile: file})
	tunedProduct(t, d)
	require.Len(t, d.tuner.choices, 1)

	again := open(t, Options{Tune: true, TuningFile: file})
	require.Equal(t, d.tuner.choices, again.tuner.choices)
	for kind := range again.tuner.choices {
		again.tuner.choices[kind] = "tiled-64"
	}
	tunedProduct(t, again)
	require.Len(t, again.tuner.choices, 1, "nothing was measured again")
	require.Len(t, again.kernels, 2, "fill, and the form that was chosen")
}

// TestTuningIgnoresBadFiles checks that files that cannot be read or written do not prevent tuning.
func TestTuningIgnoresBadFiles(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"x": [`), 0o644))
	for _, file := range []string{broken, filepath.Join(broken, "below a file")} {
		d := open(t, Options{Tune: true, TuningFile: file})
		require.Empty(t, d.tuner.choices)
		tunedProduct(t, d)
	}
}

// TestTuningForgetsUnknownVariants checks that a stored form that no longer exists is measured again.
func TestTuningForgetsUnknownVariants(t *testing.T) {
	d := open(t, Options{Tune: true, TuningFile: filepath.Join(t.TempDir(), "tuning.json")})
	tunedProduct(t, d)
	for kind := range d.tuner.choices {
		d.tuner.choices[kind] = "V2"
	}
	tunedProduct(t, d)
	require.NotContains(t, d.tuner.choices, "V2")
	for _, name := range d.tuner.choices {
		require.NotEqual(t, "V2", name)
	}
}
