package train

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzManifest reads arbitrary bytes as a CSV file of cases. It must not panic, and what it lists must be usable.
func FuzzManifest(f *testing.F) {
	for _, s := range []string{"image,label\na,b\n", "\xef\xbb\xbfimage;label;weight\r\na;b;0,5\r\n", "\xff\xfei\x00m\x00", "image\tlabel\n\"a", ""} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(dir, "cases.csv")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		entries, _, err := listCSV(path)
		requireUsable(t, entries, err)
	})
}

// requireUsable checks that a list of cases is complete, or empty if there was an error.
func requireUsable(t *testing.T, entries []entry, err error) {
	t.Helper()
	if err != nil {
		require.Empty(t, entries)
	}
	for _, e := range entries {
		require.NotEmpty(t, e.image)
		require.NotEmpty(t, e.label)
	}
}

// FuzzDatasetJSON reads arbitrary bytes as an nnU-Net dataset.json, likewise.
func FuzzDatasetJSON(f *testing.F) {
	for _, s := range []string{`{"file_ending": ".nii.gz", "labels": {"a": 1, "ignore": 2}, "channel_names": {"0": "T1"}}`,
		`{"dataset": {"c": {"images": ["x"], "label": "y"}}}`, `{"training": [{"image": "a", "label": "b"}], "modality": {"0": 1}}`, `{"training": ["a"]}`, `{`} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "labelsTr"), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, "dataset.json"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		entries, _, err := listNNUNet(dir, 1)
		requireUsable(t, entries, err)
	})
}
