//go:build !cgo || !((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestOpenWithoutWebGPU checks the errors of a build without WebGPU.
func TestOpenWithoutWebGPU(t *testing.T) {
	_, err := Open(Options{})
	require.ErrorIs(t, err, ErrUnsupported)
	_, err = Adapters()
	require.ErrorIs(t, err, ErrUnsupported)
}
