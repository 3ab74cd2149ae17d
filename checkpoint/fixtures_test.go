package checkpoint

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// fixture returns the path of a file of the golden fixtures, which are not part of the repository. Without it, the test is
// skipped.
func fixture(t *testing.T, elem ...string) string {
	t.Helper()
	root, _ := shared.Dir(t, "SLMSAM_FIXTURES", "fixtures")
	path := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("fixture %s is not there; set SLMSAM_FIXTURES to the fixture folder", filepath.Join(elem...))
	}
	return path
}

// requireSame compares all tensors of two files bit by bit. Their element types may differ.
func requireSame(t *testing.T, want, got *File) {
	t.Helper()
	require.Len(t, got.Tensors, len(want.Tensors))
	for name, w := range want.Tensors {
		g := got.Tensors[name]
		require.NotNil(t, g, "missing tensor %s", name)
		requireTensor(t, name, w, g)
	}
}

// requireTensor compares two tensors bit by bit.
func requireTensor(t *testing.T, name string, w, g *Tensor) {
	t.Helper()
	require.Equal(t, w.Shape, g.Shape, name)
	require.Equal(t, len(w.Data), len(g.Data), name)
	for i := range w.Data {
		if math.Float32bits(w.Data[i]) != math.Float32bits(g.Data[i]) {
			require.Failf(t, "values differ", "%s[%d]: got %g, want %g", name, i, g.Data[i], w.Data[i])
		}
	}
	require.Equal(t, w.Ints, g.Ints, name)
	require.Equal(t, w.Doubles, g.Doubles, name)
}

// state reads a checkpoint that must be readable.
func state(t *testing.T, path string) *File {
	t.Helper()
	f, err := Read(path)
	require.NoError(t, err)
	return f
}
