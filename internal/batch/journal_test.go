package batch

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestManifestOfSeveralParts checks that the last record of a case counts, across the journals of all parts, and
// that half a line from a killed process is ignored, while other damage is an error.
func TestManifestOfSeveralParts(t *testing.T) {
	out := t.TempDir()
	require.NoError(t, Prepare(out, nil, nil))
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	write := func(p Part, r Record) {
		t.Helper()
		j, err := OpenJournal(out, p)
		require.NoError(t, err)
		require.NoError(t, j.Write(r))
		require.NoError(t, j.Close())
	}
	empty, err := ReadManifest(t.TempDir())
	require.NoError(t, err)
	require.Empty(t, empty)
	write(Part{0, 2}, Record{Case: "a", State: Failed, Error: "no", Finished: at.Add(time.Second)})
	write(Part{1, 2}, Record{Case: "b", State: Done, Finished: at})
	write(Part{0, 1}, Record{Case: "a", State: Writing, Finished: at}) // earlier, in another file
	write(Part{1, 2}, Record{Case: "b", State: Failed, Finished: at})  // at equal times, the later line counts

	// A killed process leaves half a line, which is ignored, and cut off before the next line is written.
	path := filepath.Join(out, journals, "part-0002-of-0002.jsonl")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteString(`{"case":"b","sta`)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	for range 2 {
		m, err := ReadManifest(out)
		require.NoError(t, err)
		require.Equal(t, Failed, m["a"].State)
		require.Equal(t, Failed, m["b"].State)
		write(Part{1, 2}, Record{Case: "c", State: Done, Finished: at})
	}
	require.NoError(t, os.WriteFile(path, []byte("{}\nnonsense\n"), 0o644))
	_, err = ReadManifest(out)
	require.ErrorContains(t, err, "damaged in line 2")
}

// TestStatus checks how cases are counted by their records and outputs.
func TestStatus(t *testing.T) {
	out := t.TempDir()
	touch(t, out, "a.nii", "c.nii")
	path := func(name string) string { return filepath.Join(out, name) }
	cases := []Case{{Name: "a", Output: path("a.nii")}, {Name: "b", Output: path("b.nii")}, {Name: "c", Output: path("c.nii")}, {Name: "d"}, {Name: "e"}}
	s := StatusOf(cases, map[string]Record{"a": {State: Done}, "b": {State: Done}, "c": {State: Writing}, "d": {State: Failed, Error: "why"}, "gone": {State: Done}})
	require.Equal(t, Status{Cases: 5, Done: 1, Failed: 1, Left: 3, Failing: []Record{{State: Failed, Error: "why"}}}, s)
}

// TestPrepareSweepsOnlyTheCasesOwnFiles checks that only temporary files of the cases themselves are deleted.
func TestPrepareSweepsOnlyTheCasesOwnFiles(t *testing.T) {
	out := t.TempDir()
	touch(t, out, "sub/.a.nii.0123456789ab.tmp", "sub/.b.nii.0123456789ab.tmp", "sub/a.nii", "sub/.a.nii.swp")
	files := func(c Case) []string { return []string{c.Output} }
	require.NoError(t, Prepare(out, []Case{{Output: filepath.Join(out, "sub", "a.nii")}, {Output: filepath.Join(out, "new", "x.nii")}}, files))
	entries, err := os.ReadDir(filepath.Join(out, "sub"))
	require.NoError(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.Equal(t, []string{".a.nii.swp", ".b.nii.0123456789ab.tmp", "a.nii"}, names)
	require.DirExists(t, filepath.Join(out, "new"))
}
