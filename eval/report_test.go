package eval

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWriteReport checks every file of a report, and that undefined measures are null or empty in them.
func TestWriteReport(t *testing.T) {
	d, study := standardStudy(t)
	empty := shifted(0, 0)
	clear(empty.Data)
	d.add(t, "bad/case3.nii.gz", empty)
	r, err := Evaluate(t.Context(), study)
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "report")
	written, err := r.WriteReport(dir)
	require.NoError(t, err)
	for _, path := range written {
		raw, err := os.ReadFile(path)
		require.NoError(t, err)
		if strings.HasSuffix(path, ".png") {
			img, err := png.Decode(bytes.NewReader(raw))
			require.NoError(t, err, path)
			require.Greater(t, img.Bounds().Dx(), 400)
		}
	}
	require.Len(t, written, 4+5+8)
	for i, name := range ReportFiles() {
		require.Equal(t, filepath.Join(dir, name), written[i])
	}

	raw, err := os.ReadFile(filepath.Join(dir, "results.json"))
	require.NoError(t, err)
	var plain struct{ Rows []map[string]any }
	require.NoError(t, json.Unmarshal(raw, &plain))
	last := plain.Rows[len(plain.Rows)-1]
	for _, key := range []string{"case", "label", "method", "dsc", "assd_mm", "assd_voxels", "hd95_mm", "surface_dice", "volume_diff_ml"} {
		require.Contains(t, last, key)
	}
	require.Nil(t, last["assd_mm"], "one mask is empty: undefined is null")
	require.Equal(t, 0.0, last["dsc"])
	var back Result
	require.NoError(t, json.Unmarshal(raw, &back))
	require.False(t, back.Rows[len(back.Rows)-1].HD95mm.Defined())

	f, err := os.Open(filepath.Join(dir, "rows.csv"))
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+len(r.Rows))
	require.Equal(t, []string{"case", "label", "label_name", "method", "dsc", "assd_mm"}, lines[0][:6])
	require.Equal(t, []string{"case3", "2", "", "bad", "0", ""}, lines[len(lines)-1][:6])

	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		require.False(t, strings.HasPrefix(e.Name(), "."), "temporary file %s left", e.Name())
	}
	require.Error(t, writeFile(filepath.Join(dir, "none", "x"), r.WriteCSV))
}
