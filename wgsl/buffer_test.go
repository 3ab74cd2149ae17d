//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/nn/kerneltest"
)

// copyWords copies x[:n] to y[:n] on d.
func copyWords(d *Device, x, y backend.Buffer, n int) {
	d.Copy(backend.Copy{X: x, Y: y, Dims: [5]int{1, 1, 1, 1, n}, XStride: [5]int{n, n, n, n, 1}, YStride: [5]int{n, n, n, n, 1}})
}

// TestWriteComesAfterRecordedKernels checks that a kernel called before a Write sees the old contents, although it
// runs later.
func TestWriteComesAfterRecordedKernels(t *testing.T) {
	d := open(t, Options{})
	x, y := d.Alloc(2), d.Alloc(2)
	d.Write(x, 0, []float32{1, 2})
	copyWords(d, x, y, 2)
	d.Write(x, 0, []float32{3, 4})
	got := make([]float32, 2)
	require.NoError(t, d.Read(y, 0, got))
	require.Equal(t, []float32{1, 2}, got)
}

// TestFreedBlockKeepsContents checks that a block that is handed out again is not overwritten before the kernels
// that read it have run.
func TestFreedBlockKeepsContents(t *testing.T) {
	d := open(t, Options{})
	x, y := d.Alloc(2), d.Alloc(2)
	d.Write(x, 0, []float32{1, 2})
	copyWords(d, x, y, 2)
	d.Free(x)
	again := d.Alloc(2)
	require.Same(t, x.(*buffer).raw, again.(*buffer).raw, "the block is reused")
	d.Write(again, 0, []float32{5, 6})
	got := make([]float32, 2)
	require.NoError(t, d.Read(y, 0, got))
	require.Equal(t, []float32{1, 2}, got)
}

// TestLargeTransfer writes and reads more than a staging buffer holds, at unaligned offsets.
func TestLargeTransfer(t *testing.T) {
	d := open(t, Options{})
	const n = 2*stagingBytes/4 + 4321
	b := d.Alloc(n + 3)
	src := make([]float32, n)
	for i := range src {
		src[i] = float32(i % 9973)
	}
	d.Write(b, 3, src)
	got := make([]float32, n)
	require.NoError(t, d.Read(b, 3, got))
	require.Equal(t, src, got)
}

// TestMemoryReturnsToBaseline runs the suite's small shapes three times, and checks that nothing stays live, and that the
// third time needs no new blocks. (The second time may: a block may have served a smaller request than it fits.)
func TestMemoryReturnsToBaseline(t *testing.T) {
	d := open(t, Options{})
	suite := kerneltest.Options{Only: []string{"MatMul", "Attention", "AttentionBackward", "Sum", "LayerNormBackward"}}
	baseline := d.Memory().Live
	for range 2 {
		kerneltest.Run(t, d, cpu.NewPlain(), suite)
	}
	first := d.Memory()
	require.Equal(t, baseline, first.Live)
	d.ResetPeak()
	kerneltest.Run(t, d, cpu.NewPlain(), suite)
	require.Equal(t, first.Live, d.Memory().Live)
	require.Equal(t, first.Pooled, d.Memory().Pooled)
	require.Equal(t, first.Live+first.Pooled+d.pool.own, d.Memory().Peak)
}

// TestStress repeats the whole suite. It takes long, so it runs only with SLMSAM_STRESS=1.
func TestStress(t *testing.T) {
	if os.Getenv("SLMSAM_STRESS") != "1" {
		t.Skip("set SLMSAM_STRESS=1 to run")
	}
	d := open(t, Options{})
	for range 20 {
		kerneltest.Run(t, d, cpu.NewPlain(), kerneltest.Options{Large: true})
		require.Equal(t, int64(2*256), d.Memory().Live)
	}
}
