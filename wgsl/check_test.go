//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestProgrammerErrors: wrong arguments panic with what was wrong, before anything is recorded.
func TestProgrammerErrors(t *testing.T) {
	d := open(t, Options{})
	b := d.Alloc(16)
	for _, c := range []struct {
		want string
		call func()
	}{
		{"wgsl.Map: got N = [0], want all at least 1", func() { d.Map(backend.Map{X: b, Y: b}) }},
		{"wgsl.Map: got function 9, want one of the MapOps", func() { d.Map(backend.Map{Op: 9, X: b, Y: b, N: 1}) }},
		{"wgsl.Copy: got Dims = [1 1 0 1 1], want all at least 1", func() { d.Copy(backend.Copy{X: b, Y: b, Dims: [5]int{1, 1, 0, 1, 1}}) }},
		{"wgsl.RoPE: got C = 3, want an even one", func() { d.RoPE(backend.RoPE{X: b, Y: b, Table: b, B: 1, N: 1, C: 3, Period: 1}) }},
		{"wgsl.DepthwiseConv: got K = 4, want an odd kernel", func() {
			d.DepthwiseConv(backend.DepthwiseConv{X: b, Weight: b, Y: b, B: 1, H: 2, W: 2, C: 1, K: 4})
		}},
		{"wgsl.MaxPool: got an image of (1,4), want at least (2,2)", func() { d.MaxPool(backend.MaxPool{X: b, Y: b, B: 1, H: 1, W: 4, C: 1}) }},
		{"wgsl: fill.wgsl: got nil at binding 1, want a buffer", func() { d.Fill(backend.Fill{N: 3}) }},
		{"wgsl.window: got words 0..17, want within 0..16", func() { d.Fill(backend.Fill{X: b, N: 17}) }},
	} {
		require.PanicsWithValue(t, c.want, c.call)
	}
	require.NoError(t, d.Sync())
}
