package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// evalFolder writes three cases of truth and of two methods: good predicts the truth, half only label 2, on two slices too many.
func evalFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	v := testImage()
	truth := testMask(v, slicesUpTo(testDim[0])[2:9]...)
	half := testMask(v, slicesUpTo(testDim[0])[2:11]...)
	for i, l := range half.Data {
		if l == 5 {
			half.Data[i] = 0
		}
	}
	for _, name := range []string{"a", "b", "c"} {
		for folder, l := range map[string]*volume.LabelMap{"truth": truth, "good": truth, "half": half} {
			writeLabels(t, filepath.Join(dir, folder, name+".nii.gz"), l)
		}
	}
	return dir
}

// writeLabels writes a label map, and its folder.
func writeLabels(t *testing.T, path string, l *volume.LabelMap) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, volume.WriteLabelMap(path, l, volume.WriteOptions{Force: true}))
}

// evalJSON runs slmsam eval --json in dir and decodes its one object.
func evalJSON(t *testing.T, dir string, args ...string) (rows []map[string]any, all map[string]any) {
	t.Helper()
	o := evalRun(dir, append(args, "--json")...)
	require.Equal(t, exitDone, o.code, o.errors)
	require.NoError(t, json.Unmarshal([]byte(o.out), &all))
	for _, row := range all["rows"].([]any) {
		rows = append(rows, row.(map[string]any))
	}
	return rows, all
}

// evalRun runs slmsam eval. @ in arguments stands for dir.
func evalRun(dir string, args ...string) outcome {
	line := []string{"eval", "--resamples", "50"}
	for _, a := range args {
		line = append(line, strings.ReplaceAll(a, "@", dir+"/"))
	}
	return slmsamRun(line...)
}

// TestEvalJSON checks the scores of two methods.
func TestEvalJSON(t *testing.T) {
	dir := evalFolder(t)
	rows, all := evalJSON(t, dir, "--pred", "@good", "--pred", "Half=@half", "--truth", "@truth", "--names", "2=liver,5=spleen")
	require.Len(t, rows, 3*2*2)
	require.Empty(t, all["excluded"])
	for _, field := range []string{"case", "label", "method", "dsc", "assd_mm", "assd_voxels", "hd95_mm", "surface_dice"} {
		require.Contains(t, rows[0], field)
	}
	require.Equal(t, "a", rows[0]["case"])
	require.Equal(t, "liver", rows[0]["label_name"])
	require.Equal(t, "good", rows[0]["method"])
	require.Equal(t, 1.0, rows[0]["dsc"])
	require.Equal(t, 0.0, rows[0]["assd_mm"])
	// Half has label 2 on two slices too many and lacks label 5, whose surface distance is undefined.
	require.Equal(t, "Half", rows[1]["method"])
	require.Equal(t, 2.0, rows[1]["over_propagated_slices"])
	require.InDelta(t, 3.0/5, rows[1]["absent_dsc"], 1e-12)
	require.Equal(t, 0.0, rows[3]["dsc"])
	require.Nil(t, rows[3]["assd_mm"])
	require.NotEmpty(t, all["comparisons"])
}

// TestEvalFiles checks every file that slmsam eval can write, and that none is replaced without --force.
func TestEvalFiles(t *testing.T) {
	dir := evalFolder(t)
	args := []string{"--pred", "@good", "--pred2", "@half", "--truth", "@truth", "-o", "@report", "--csv", "@rows.csv",
		"--json-file", "@all.json", "--markdown", "@tables.md"}
	o := evalRun(dir, append(args, "--published", "--cases")...)
	require.Equal(t, exitDone, o.code, o.errors)
	for _, text := range []string{"Each case", "Paired differences", "good - half", "table 1, 5 volumes, DSC"} {
		require.Contains(t, o.out, text)
	}
	for _, name := range []string{"rows.csv", "all.json", "tables.md", "report/results.json", "report/rows.csv", "report/summary.csv",
		"report/report.md", "report/dsc_bars.png", "report/assd_bars.png", "report/dsc_boxes.png", "report/presence_bars.png"} {
		require.FileExists(t, filepath.Join(dir, name))
	}
	file, err := os.Open(filepath.Join(dir, "rows.csv"))
	require.NoError(t, err)
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 1+12)
	require.Equal(t, []string{"case", "label", "label_name", "method", "dsc", "assd_mm"}, lines[0][:6])

	o = evalRun(dir, args...)
	require.Equal(t, exitFailed, o.code)
	require.Contains(t, o.errors, "--force")
	require.Equal(t, exitDone, evalRun(dir, append(args, "--force")...).code)
}

// TestEvalOutputsAreCheckedFirst checks that outputs that cannot be written are reported before anything is scored.
func TestEvalOutputsAreCheckedFirst(t *testing.T) {
	dir := evalFolder(t)
	own := filepath.Join(dir, "notes", "report.md")
	require.NoError(t, os.MkdirAll(filepath.Dir(own), 0o755))
	require.NoError(t, os.WriteFile(own, []byte("mine"), 0o644))
	for name, c := range map[string]struct {
		args []string
		want string
		code int
	}{
		"a report over one's own page": {[]string{"-o", "@notes"}, "report.md exists", exitFailed},
		"a folder that is a file":      {[]string{"--csv", "@notes/report.md/x.csv"}, "is a file, not a folder", exitFailed},
		"a report into a file":         {[]string{"-o", "@notes/report.md"}, "is a file, not a folder", exitFailed},
		"a file that is a folder":      {[]string{"--csv", "@notes"}, "is a folder, not a file", exitFailed},
		"one file for two outputs":     {[]string{"--csv", "@x", "--json-file", "@notes/../x"}, "for two outputs", exitUsage},
	} {
		o := evalRun(dir, append(c.args, "--pred", "@good", "--truth", "@nothing")...)
		require.Equal(t, c.code, o.code, name)
		require.Contains(t, o.errors, c.want, name)
	}
	raw, err := os.ReadFile(own)
	require.NoError(t, err)
	require.Equal(t, "mine", string(raw))
	require.Equal(t, exitDone, evalRun(dir, "--pred", "@good", "--truth", "@truth", "--csv", "@new/folder/rows.csv").code)
	require.FileExists(t, filepath.Join(dir, "new/folder/rows.csv"))
}

// TestEvalSingleFiles scores two files of different names as one case.
func TestEvalSingleFiles(t *testing.T) {
	dir := evalFolder(t)
	require.NoError(t, os.Rename(filepath.Join(dir, "half/a.nii.gz"), filepath.Join(dir, "half/a_slmsam.nii.gz")))
	rows, all := evalJSON(t, dir, "--pred", "@half/a_slmsam.nii.gz", "--truth", "@truth/a.nii.gz", "--labels", "2")
	require.Empty(t, all["excluded"])
	require.Len(t, rows, 1)
	require.Equal(t, "a", rows[0]["case"])
	require.Equal(t, "a_slmsam", rows[0]["method"])
}

// TestEvalPromptSlices checks the DSC of a method that lacks a label, with prompted slices kept, replaced or excluded.
func TestEvalPromptSlices(t *testing.T) {
	dir := evalFolder(t)
	args := []string{"--pred", "@half", "--truth", "@truth", "--labels", "5"}
	dsc := func(more ...string) any {
		rows, _ := evalJSON(t, dir, append(args, more...)...)
		return rows[0]["dsc"]
	}
	require.Equal(t, 0.0, dsc())
	replaced := dsc("--prompt", "replace").(float64)
	require.Greater(t, replaced, 0.2, "one of seven slices is right")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "slices.json"), []byte(`{"a": {"0": [2,3,4]}, "b": {"5": [2]}, "c": {"5": [2]}}`), 0o644))
	require.Greater(t, dsc("--prompt", "replace", "--prompt-slices", "@slices.json"), replaced)
	require.Equal(t, 0.0, dsc("--prompt", "exclude"))
}

// TestEvalBadInput checks that what cannot be scored is listed and, with --strict, is an error.
func TestEvalBadInput(t *testing.T) {
	v := testImage()
	fractions := &volume.Volume{Dim: v.Dim, Data: append([]float32(nil), v.Data...), Geom: v.Geom}
	fractions.Data[7] = 0.5
	other := testImage()
	other.Geom = volume.GeometryFromAffine(testDim, volume.Affine{{4, 0, 0, 12}, {0, 0.8, 0, 0}, {0, 0, 0.9, 0}, {0, 0, 0, 1}})
	for name, c := range map[string]struct {
		spoil  func(t *testing.T, dir string)
		reason string
		rows   int
	}{
		"missing case": {func(t *testing.T, dir string) { require.NoError(t, os.Remove(dir+"/good/b.nii.gz")) }, "no prediction", 4},
		"extra case":   {func(t *testing.T, dir string) { writeLabels(t, dir+"/good/d.nii.gz", testMask(v, 3)) }, "no truth", 6},
		"other grid":   {func(t *testing.T, dir string) { writeLabels(t, dir+"/good/b.nii.gz", testMask(other, 3)) }, "mm", 4},
		"fractions": {func(t *testing.T, dir string) {
			require.NoError(t, volume.WriteVolume(dir+"/good/b.nii.gz", fractions, volume.WriteOptions{Force: true}))
		}, "must hold integers", 4},
		"NaN in the prediction": {func(t *testing.T, dir string) { writeNaN(t, dir+"/good/b.nii.gz", fractions) }, "NaN", 4},
		"NaN in the truth":      {func(t *testing.T, dir string) { writeNaN(t, dir+"/truth/b.nii.gz", fractions) }, "NaN", 4},
		"not a label map": {func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(dir+"/good/b.nii.gz", []byte("x"), 0o644))
		}, "b.nii.gz", 4},
	} {
		t.Run(name, func(t *testing.T) {
			dir := evalFolder(t)
			c.spoil(t, dir)
			args := []string{"--pred", "@good", "--truth", "@truth"}
			rows, all := evalJSON(t, dir, args...)
			require.Len(t, rows, c.rows)
			excluded := all["excluded"].([]any)
			require.Len(t, excluded, 1)
			require.Contains(t, excluded[0].(map[string]any)["reason"], c.reason)
			o := evalRun(dir, args...)
			require.Contains(t, o.out, "Not scored (1)")
			require.Contains(t, o.errors, "not scored: 1")
			o = evalRun(dir, append(args, "--strict")...)
			require.Equal(t, exitFailed, o.code)
			require.Contains(t, o.errors, c.reason)
			require.Empty(t, o.out)
		})
	}
}

// writeNaN replaces a label map by v with a NaN as its last voxel. Our own writer refuses NaN, so it patches the file.
func writeNaN(t *testing.T, path string, v *volume.Volume) {
	t.Helper()
	plain := filepath.Join(t.TempDir(), "plain.nii")
	require.NoError(t, volume.WriteVolume(plain, v, volume.WriteOptions{}))
	data, err := os.ReadFile(plain)
	require.NoError(t, err)
	copy(data[len(data)-4:], []byte{0, 0, 0xc0, 0x7f}) // a quiet NaN, little-endian
	require.NoError(t, os.Remove(path))
	require.NoError(t, os.WriteFile(strings.TrimSuffix(path, ".gz"), data, 0o644))
}

// TestEvalUsage checks that wrong flags exit with 2 and print no scores.
func TestEvalUsage(t *testing.T) {
	dir := evalFolder(t)
	both := []string{"--pred", "@good", "--truth", "@truth"}
	for _, args := range [][]string{
		{"--truth", "@truth"}, {"--pred", "@good"}, append(both, "--axis", "3"), append(both, "--prompt", "drop"),
		append(both, "--labels", "0"), append(both, "--labels", "x"), append(both, "--names", "liver"), append(both, "--tolerance", "-1"),
		append(both, "--resamples", "0"), append(both, "more"), {"--pred", "A=@good", "--pred", "A=@half", "--truth", "@truth"},
	} {
		o := evalRun(dir, args...)
		require.Equal(t, exitUsage, o.code, "%v: %s", args, o.errors)
		require.Empty(t, o.out)
	}
	o := evalRun(dir, "--pred", "@nothing", "--truth", "@truth")
	require.Equal(t, exitFailed, o.code)
	require.Contains(t, o.errors, "nothing")
}

// TestMethodNames checks how methods are named after their folders.
func TestMethodNames(t *testing.T) {
	for _, c := range []struct{ pred, want []string }{
		{[]string{"a/run1", "a/run2/"}, []string{"run1", "run2"}},
		{[]string{"M7/predictions", "M7+R1/predictions", "Mine=x"}, []string{"M7", "M7+R1", "Mine"}},
		{[]string{"out/a_slmsam.nii.gz"}, []string{"a_slmsam"}},
		{[]string{"x", "a/x"}, []string{"x", "a/x"}},
		{[]string{"/x", "/x"}, []string{"/x", "/x"}},
	} {
		methods, err := (&evalFlags{pred: c.pred}).methods()
		require.NoError(t, err)
		var names []string
		for _, m := range methods {
			names = append(names, m.Name)
		}
		require.Equal(t, c.want, names)
	}
}

// TestLabelNames reads the names of labels from nnU-Net's dataset.json in both versions, and from a plain list.
func TestLabelNames(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dataset.json")
	for _, text := range []string{`{"labels": {"background": 0, "liver": 1, "spleen": 2}, "numTraining": 3}`,
		`{"labels": {"0": "background", "1": "liver", "2": "spleen"}}`, `{"1": "liver", "2": "spleen"}`} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		names, err := parseLabelNames(path)
		require.NoError(t, err)
		require.Equal(t, map[int32]string{1: "liver", 2: "spleen"}, names)
	}
	require.NoError(t, os.WriteFile(path, []byte(`{"labels": {"liver": [1, 2]}}`), 0o644))
	names, err := parseLabelNames(path)
	require.NoError(t, err)
	require.Empty(t, names, "a region stands for several labels and names none of them")
}
