package main

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestNamesOfLabels come from nnU-Net's dataset.json, ITK-SNAP's label descriptions, or the command line.
func TestNamesOfLabels(t *testing.T) {
	w := newWorkspace(t)
	require.NoError(t, os.WriteFile(w.path("dataset.json"), []byte(`{"labels": {"background": 0, "liver": 2, "spleen": 5}}`), 0o644))
	require.NoError(t, os.WriteFile(w.path("labels.txt"), []byte("2 255 0 0 1 1 1 \"liver\"\n5 0 255 0 1 1 1 \"spleen\"\n"), 0o644))
	for i, names := range []string{w.path("dataset.json"), w.path("labels.txt"), "2=liver,5=spleen"} {
		r := w.propagate("--mask", w.mask, "--names", names, "--json", "-o", w.path(string(rune('a'+i))+".nii.gz"))
		require.Equal(t, exitDone, r.code, r.errors)
		var s summary
		require.NoError(t, json.Unmarshal([]byte(r.out), &s))
		require.Equal(t, "liver", s.Objects[0].Name)
		require.Equal(t, "spleen", s.Objects[1].Name)
	}
	r := w.propagate("--box", "6,6,5,12,11,5", "--untrained", "--names", "5=spleen", "--json", "-o", w.path("box.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	var s summary
	require.NoError(t, json.Unmarshal([]byte(r.out), &s))
	require.Equal(t, "spleen", s.Objects[0].Name, "also without a mask")
	r = w.propagate("--box", "6,6,5,12,11,5", "--untrained", "--names", w.path("gone.json"), "-o", w.path("x.nii.gz"))
	require.Contains(t, r.errors, "gone.json")
	r = w.propagate("--mask", w.mask, "--names", w.path("gone.json"), "-o", w.path("x.nii.gz"))
	require.Contains(t, r.errors, "gone.json")
}
