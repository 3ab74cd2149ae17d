package main

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFullDiskIsAnErrorAndLeavesNothing(t *testing.T) {
	w := newWorkspace(t)
	disk := w.path("disk")
	require.NoError(t, os.Mkdir(disk, 0o755))
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("mounting a small file system needs root: %v", err)
	}
	defer func() { require.NoError(t, syscall.Unmount(disk, 0)) }()
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
