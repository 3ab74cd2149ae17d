package main

import (
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/stretchr/testify/require"
)

// TestCacheFlags parses --cache and --cache-dir, and checks that every command with a cache refuses wrong ones.
func TestCacheFlags(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]slmsam.FeatureBudget{
		"0": {}, "4096": {Memory: 4096}, "512M,4G": {Memory: 512 << 20, Disk: 4 << 30}, "0,1.5g": {Disk: 3 << 29},
	} {
		f := cacheFlags{size: text, dir: dir}
		got, err := f.budget()
		require.NoError(t, err, text)
		want.Dir = dir
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "much", "-1", "1G,", "1G,2G,3G", "NaN", "1e99G", "1 G", "1MK"} {
		_, err := (&cacheFlags{size: text}).budget()
		require.ErrorContains(t, err, "--cache", text)
	}
	_, err := (&cacheFlags{size: "1G", dir: filepath.Join(dir, "nowhere")}).budget()
	require.ErrorContains(t, err, "--cache-dir")
	for _, command := range [][]string{{"propagate", "x.nii"}, {"batch", "x", "-o", "y"}, {"serve"}} {
		o := slmsamRun(append(command, "--cache", "much")...)
		require.Equal(t, exitUsage, o.code, command)
		require.Contains(t, o.errors, "--cache")
	}
}
