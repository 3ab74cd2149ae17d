//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// open opens a device until the end of the test. Without an adapter, the test is skipped, or fails if SLMSAM_REQUIRE_GPU is 1.
func open(t testing.TB, opts Options) *Device {
	t.Helper()
	opts.AllowSoftware = true
	d, err := Open(opts)
	if err != nil && os.Getenv("SLMSAM_REQUIRE_GPU") != "1" {
		t.Skipf("no WebGPU adapter (SLMSAM_REQUIRE_GPU=1 makes this a failure): %v", err)
	}
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d
}

// TestSubmissionsAreBounded checks that the device waits now and then even if nothing is read.
func TestSubmissionsAreBounded(t *testing.T) {
	d := open(t, Options{})
	x := d.Alloc(4)
	waited := false
	for i := range maxLaunches * (maxAhead + 1) {
		d.Fill(backend.Fill{X: x, N: 4, Value: float32(i)})
		waited = waited || i >= maxLaunches && d.batch.ahead == 0
		require.Less(t, d.batch.ahead, maxAhead)
		require.Less(t, len(d.batch.launches), maxLaunches)
	}
	require.True(t, waited)
	require.NoError(t, d.Sync())
}

// TestReadUnderGC reads while the garbage collector runs, which makes the bindings' own MapAsync crash.
func TestReadUnderGC(t *testing.T) {
	d := open(t, Options{})
	b := d.Alloc(1 << 12)
	got := make([]float32, 3)
	for i := range 500 {
		d.Write(b, 5, []float32{float32(i), 1, 2})
		runtime.GC()
		require.NoError(t, d.Read(b, 5, got))
		require.Equal(t, []float32{float32(i), 1, 2}, got)
	}
}
