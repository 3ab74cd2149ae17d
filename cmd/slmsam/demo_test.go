package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/checkpoint/nano"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestDemo runs the demo: it must find its objects, write files on one grid, and replace nothing.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	r := slmsamRun("demo", "--device", "cpu", "--json", "-o", dir)
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "model: nano")
	var s demoSummary
	decodeJSON(t, r.out, &s)
	require.Contains(t, s.Device, "CPU")
	require.Len(t, s.Objects, 3)
	for _, o := range s.Objects {
		require.Greater(t, o.DSC, 0.95, o.Name)
	}
	image, err := volume.Read(s.Files["image"])
	require.NoError(t, err)
	for _, name := range []string{"prompt", "truth", "result"} {
		l, err := volume.ReadLabelMap(s.Files[name])
		require.NoError(t, err)
		require.NoError(t, volume.CheckSameGrid(image, l), name)
	}
	require.FileExists(t, s.Files["montage"])

	again := slmsamRun("demo", "--device", "cpu", "-o", dir)
	require.Equal(t, exitFailed, again.code, "nothing is overwritten without --force")
	require.Contains(t, again.errors, "--force")
}

// TestDemoWritesNothingWhenItCannotRun checks that nothing is written without a device, or where another command has written a
// file of the same name.
func TestDemoWritesNothingWhenItCannotRun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	r := slmsamRun("demo", "--device", "tpu", "-o", dir)
	require.Equal(t, exitUsage, r.code)
	require.NoDirExists(t, dir)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, reportFile), []byte("{}"), 0o644))
	r = slmsamRun("demo", "--device", "cpu", "-o", dir)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "report.json exists")
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

// TestBuiltInModel propagates without --checkpoint.
func TestBuiltInModel(t *testing.T) {
	w := newWorkspace(t)
	r := slmsamRun("propagate", w.image, "--mask", w.mask, "--device", "cpu", "-o", w.path("out.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "small built-in model")
	require.FileExists(t, w.path("out.nii.gz"))
}

// TestBuiltInModelLoadsFast bounds the time to load the built-in model, and its size, since it is part of the binary.
func TestBuiltInModelLoadsFast(t *testing.T) {
	best := time.Hour
	for range 5 {
		began := time.Now()
		_, err := nano.Checkpoint()
		require.NoError(t, err)
		best = min(best, time.Since(began))
	}
	require.Less(t, best, 200*time.Millisecond)
	info, err := os.Stat(filepath.Join("..", "..", "checkpoint", "nano", "nano.safetensors"))
	require.NoError(t, err)
	require.LessOrEqual(t, info.Size(), int64(16<<20))
}
