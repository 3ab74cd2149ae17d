package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNamesOfLabels takes names from nnU-Net's dataset.json, from ITK-SNAP's label descriptions, and from the command line.
func TestNamesOfLabels(t *testing.T) {
	w := newWorkspace(t)
	require.NoError(t, os.WriteFile(w.path("dataset.json"), []byte(`{"labels": {"background": 0, "liver": 2, "spleen": 5}}`), 0o644))
	require.NoError(t, os.WriteFile(w.path("labels.txt"), []byte("2 255 0 0 1 1 1 \"liver\"\n5 0 255 0 1 1 1 \"spleen\"\n"), 0o644))
	for i, names := range []string{w.path("dataset.json"), w.path("labels.txt"), "2=liver,5=spleen"} {
		s, _ := w.propagateJSON(t, "--mask", w.mask, "--names", names, "-o", w.path(string(rune('a'+i))+".nii.gz"))
		require.Equal(t, "liver", s.Objects[0].Name)
		require.Equal(t, "spleen", s.Objects[1].Name)
	}
	s, _ := w.propagateJSON(t, "--box", "6,6,5,12,11,5", "--untrained", "--names", "5=spleen", "-o", w.path("box.nii.gz"))
	require.Equal(t, "spleen", s.Objects[0].Name, "without a mask")
	for _, prompt := range [][]string{{"--box", "6,6,5,12,11,5", "--untrained"}, {"--mask", w.mask}} {
		r := w.propagate(append(prompt, "--names", w.path("gone.json"), "-o", w.path("x.nii.gz"))...)
		require.NotEqual(t, exitDone, r.code)
		require.Contains(t, r.errors, "gone.json")
		require.NoFileExists(t, w.path("x.nii.gz"))
	}
}
