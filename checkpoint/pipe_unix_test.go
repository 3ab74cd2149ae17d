//go:build unix

package checkpoint

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPipesAreRefused checks that a named pipe is refused instead of waited for.
func TestPipesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "weights.pt")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	_, err := Read(path)
	require.ErrorContains(t, err, "not a regular file")
}
