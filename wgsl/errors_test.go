//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"runtime"
	"testing"

	"github.com/rajveermalviya/go-webgpu/wgpu"
	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// TestOpenWithoutDriver hides the drivers, and checks the error.
func TestOpenWithoutDriver(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("drivers can be hidden by environment variables only on Linux")
	}
	t.Setenv("VK_ICD_FILENAMES", "/nonexistent")
	t.Setenv("VK_DRIVER_FILES", "/nonexistent")
	_, err := Open(Options{AllowSoftware: true})
	require.ErrorIs(t, err, ErrNoAdapter)
	require.ErrorContains(t, err, "Vulkan driver")
	adapters, err := Adapters()
	require.NoError(t, err)
	require.Empty(t, adapters)
}

// TestOpenUnknownAdapter checks the error for an adapter that does not exist.
func TestOpenUnknownAdapter(t *testing.T) {
	open(t, Options{}) // skips the test if there is no adapter
	_, err := Open(Options{AllowSoftware: true, Adapter: "no such card"})
	require.ErrorIs(t, err, ErrNoAdapter)
	require.ErrorContains(t, err, `"no such card"`)
}

// TestOpenRefusesSoftwareUnlessAllowed checks the error on a machine with a software adapter only.
func TestOpenRefusesSoftwareUnlessAllowed(t *testing.T) {
	if open(t, Options{}).Info().Kind != Software {
		t.Skip("this machine has a real GPU")
	}
	_, err := Open(Options{})
	require.ErrorIs(t, err, ErrNoAdapter)
	require.ErrorContains(t, err, "software")
}

// TestRankPrefersDiscrete checks the order in which adapters are preferred.
func TestRankPrefersDiscrete(t *testing.T) {
	require.Less(t, rank(Discrete), rank(Integrated))
	require.Less(t, rank(Integrated), rank(Unknown))
	require.Less(t, rank(Unknown), rank(Software))
}

// works fails the test unless d still computes.
func works(t *testing.T, d *Device) {
	t.Helper()
	b := d.Alloc(3)
	d.Fill(backend.Fill{X: b, N: 3, Value: 7})
	got := make([]float32, 3)
	require.NoError(t, d.Read(b, 0, got))
	require.Equal(t, []float32{7, 7, 7}, got)
	d.Free(b)
}

// TestRefusedShaderNamesItsFile checks that an error in a shader names the file and the cause, is returned once, and
// leaves the device usable.
func TestRefusedShaderNamesItsFile(t *testing.T) {
	d := open(t, Options{})
	b := d.Alloc(4)
	k := d.kernel("softmax.wgsl", "exp", "no_such_function")
	d.launch(k, [3]int{1, 1, 1}, 1, []span{whole(b), {}}, nil)
	err := d.Sync()
	require.ErrorContains(t, err, "softmax.wgsl")
	require.ErrorContains(t, err, "no_such_function")
	d.kernel("softmax.wgsl", "exp", "no_such_function")
	require.ErrorContains(t, d.Sync(), "refused before")
	require.NoError(t, d.Sync(), "an error is returned once")
	works(t, d)
}

// TestInvalidDispatchNamesItsKernels checks that an invalid launch names the kernel and leaves the device usable.
func TestInvalidDispatchNamesItsKernels(t *testing.T) {
	d := open(t, Options{})
	b, other := d.Alloc(4), d.Alloc(4)
	k := d.kernel("attentionbackward.wgsl") // its first binding is written and its third is read, so they must not be the same buffer
	d.launch(k, [3]int{1, 1, 1}, 1, []span{whole(b), whole(other), whole(b), {}},
		params{{"count", 4}, {"keys", 4}, {"lse_base", 0}, {"delta_base", 0}})
	require.ErrorContains(t, d.Sync(), "attentionbackward.wgsl")
	works(t, d)
}

// TestLostDeviceStaysLost checks that every call after the loss of the device returns the error, and that it can be
// closed twice.
func TestLostDeviceStaysLost(t *testing.T) {
	d := open(t, Options{})
	b := d.Alloc(4)
	d.fail(deviceError(wgpu.ErrorType_DeviceLost, "driver reset"))
	for range 2 {
		d.Fill(backend.Fill{X: b, N: 4})
		d.Write(b, 0, []float32{1})
		require.ErrorIs(t, d.Read(b, 0, make([]float32, 1)), ErrDeviceLost)
		require.ErrorIs(t, d.Sync(), ErrDeviceLost)
	}
	d.Free(d.Alloc(1 << 10))
	d.Close()
	d.Close()
}

// TestDeviceErrorsAreNamed checks how WebGPU's errors are translated.
func TestDeviceErrorsAreNamed(t *testing.T) {
	require.ErrorIs(t, deviceError(wgpu.ErrorType_OutOfMemory, "x"), ErrOutOfMemory)
	require.ErrorIs(t, deviceError(wgpu.ErrorType_DeviceLost, "x"), ErrDeviceLost)
	require.EqualError(t, deviceError(wgpu.ErrorType_Validation, "a\n  b"), "wgsl: WebGPU error: a b")
}

// TestOutOfMemory checks the error for a buffer over the limit, also when the buffer is used, and that the device
// stays usable.
func TestOutOfMemory(t *testing.T) {
	d := open(t, Options{MaxMemoryBytes: 6 << 20})
	small := d.Alloc(1 << 10)
	big := d.Alloc(2 << 20) // 8 MiB
	d.Fill(backend.Fill{X: big, N: 2 << 20, Value: 1})
	err := d.Sync()
	require.ErrorIs(t, err, ErrOutOfMemory)
	require.ErrorContains(t, err, "8.0 MiB")
	d.Copy(backend.Copy{X: big, Y: small, Dims: [5]int{1, 1, 1, 1, 4}, XStride: [5]int{4, 4, 4, 4, 1}, YStride: [5]int{4, 4, 4, 4, 1}})
	require.ErrorIs(t, d.Read(small, 0, make([]float32, 4)), ErrOutOfMemory, "the copied buffer does not exist")
	d.Free(big)
	d.Free(small)
	works(t, d)
}

// TestOutOfMemoryEmptiesPool checks that pooled blocks are released if a block of another size needs their memory.
func TestOutOfMemoryEmptiesPool(t *testing.T) {
	d := open(t, Options{MaxMemoryBytes: 6 << 20})
	d.Free(d.Alloc(1200 << 10)) // 5 MiB stay pooled
	b := d.Alloc(1 << 20)       // 4 MiB
	require.NoError(t, d.Sync())
	require.Zero(t, d.Memory().Pooled)
	d.Free(b)
	works(t, d)
}

// TestTooLargeBuffer checks the error for a buffer that is larger than the adapter allows.
func TestTooLargeBuffer(t *testing.T) {
	d := open(t, Options{})
	d.Free(d.Alloc(int(d.limits.bufferBytes/4) + 1))
	require.ErrorIs(t, d.Sync(), ErrOutOfMemory)
	works(t, d)
}

// TestMisusePanics checks the message for each misuse of a buffer.
func TestMisusePanics(t *testing.T) {
	d := open(t, Options{})
	b := d.Alloc(4)
	require.PanicsWithValue(t, "wgsl.Alloc: got 0 words, want at least 1", func() { d.Alloc(0) })
	require.PanicsWithValue(t, "wgsl.Write: got words 3..5, want within 0..4", func() { d.Write(b, 3, make([]float32, 2)) })
	d.Free(b)
	require.PanicsWithValue(t, "wgsl.Free: the buffer has been freed before", func() { d.Free(b) })
	require.PanicsWithValue(t, "wgsl.Read: buffer was freed", func() { _ = d.Read(b, 0, make([]float32, 1)) })
}
