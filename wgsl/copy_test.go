//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestCopyWithinBuffer checks that both blocks may be in the same buffer, which WebGPU does not let a kernel both
// read and write unless both bindings are read_write, and that a negative stride reverses the order.
func TestCopyWithinBuffer(t *testing.T) {
	d := open(t, Options{})
	b := fill(d, []float32{1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0})
	d.Copy(backend.Copy{X: b, Y: b, XOff: 0, YOff: 8, Dims: [5]int{1, 1, 1, 1, 4},
		XStride: [5]int{0, 0, 0, 0, 1}, YStride: [5]int{0, 0, 0, 0, 1}})
	d.Copy(backend.Copy{X: b, Y: b, XOff: 7, YOff: 0, Dims: [5]int{1, 1, 1, 1, 3},
		XStride: [5]int{0, 0, 0, 0, -1}, YStride: [5]int{0, 0, 0, 0, 1}, Accumulate: true})
	require.Equal(t, []float32{9, 9, 9, 4, 5, 6, 7, 8, 1, 2, 3, 4}, words(t, d, b))
}
