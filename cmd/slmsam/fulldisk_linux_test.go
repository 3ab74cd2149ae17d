package main

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallDisk mounts a file system of so many kB, or skips the test.
func smallDisk(t *testing.T, kB int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dk", kB)); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	return dir
}

// TestFullDiskIsAnErrorAndLeavesNothing writes a label map and a report to a disk that is too small.
func TestFullDiskIsAnErrorAndLeavesNothing(t *testing.T) {
	w, disk := newWorkspace(t), smallDisk(t, 64)
	w.longImage(t, 500) // 128 kB of labels

	r := w.propagate("--mask", w.mask, "-o", disk+"/out.nii")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "no space left")
	require.Contains(t, r.errors, "out.nii")
	left, err := os.ReadDir(disk)
	require.NoError(t, err)
	require.Empty(t, left)

	r = w.propagate("--mask", w.mask, "-o", w.path("out.nii.gz"), "--report", disk)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "the label map "+w.path("out.nii.gz")+" was written, but the report was not")
	left, err = os.ReadDir(disk)
	require.NoError(t, err)
	for _, f := range left {
		require.NotRegexp(t, `^\.`, f.Name(), "temporary file left")
	}
}
