package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/batch"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// cohort is a dataset in nnU-Net's layout, with a small model.
type cohort struct {
	workspace
	data, out string
}

// newCohort writes n volumes of 6 to 9 slices, no two alike.
func newCohort(t *testing.T, n int) cohort {
	dir := t.TempDir()
	c := cohort{workspace{dir: dir, model: filepath.Join(dir, "model.safetensors")}, filepath.Join(dir, "data"), filepath.Join(dir, "out")}
	writeSmallModel(t, c.model)
	for _, folder := range []string{"imagesTs", "labelsTs"} {
		require.NoError(t, os.MkdirAll(filepath.Join(c.data, folder), 0o755))
	}
	for i := range n {
		dim := [3]int{24, 20, 6 + i%4}
		v := &volume.Volume{Dim: dim, Data: make([]float32, dim[0]*dim[1]*dim[2]), Geom: volume.NewGeometry(dim, [3]float64{1, 1, 3})}
		mask := volume.NewLabelMap(v)
		for at := range v.Data {
			x, y, z := at%24, at/24%20, at/480
			inside := x > 4 && x < 12+i%5 && y > 5 && y < 14
			v.Data[at] = float32((at*7+i)%50) + map[bool]float32{true: 90}[inside]
			if inside && z == 3 {
				mask.Data[at] = 2
			}
		}
		require.NoError(t, volume.WriteVolume(c.imageOf(i), v, volume.WriteOptions{}))
		require.NoError(t, volume.WriteLabelMap(filepath.Join(c.data, "labelsTs", caseName(i)+".nii.gz"), mask, volume.WriteOptions{}))
	}
	return c
}

func caseName(i int) string { return fmt.Sprintf("case_%02d", i) }

func (c cohort) imageOf(i int) string {
	return filepath.Join(c.data, "imagesTs", caseName(i)+"_0000.nii.gz")
}

// args returns the command line.
func (c cohort) args(more ...string) []string {
	return append([]string{"batch", c.data, "-o", c.out, "--checkpoint", c.model, "--device", "cpu", "--threads", "1"}, more...)
}

// batch runs slmsam batch --json and returns its summary.
func (c cohort) batch(t *testing.T, more ...string) (batchSummary, outcome) {
	t.Helper()
	r := slmsamRun(c.args(append(more, "--json")...)...)
	var s batchSummary
	if r.out != "" {
		decodeJSON(t, r.out, &s)
	}
	return s, r
}

// results returns the files in the output folder, except for the manifest and the page, which contain times.
func (c cohort) results(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(c.out, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(c.out, path)
		if err != nil || strings.HasPrefix(name, "manifest") || name == cohortFile {
			return err
		}
		data, err := os.ReadFile(path)
		files[name] = string(data)
		return err
	}))
	return files
}

// TestBatchDoesWhatPropagateDoes compares a batch's output with that of slmsam propagate, and checks the manifest and the page.
func TestBatchDoesWhatPropagateDoes(t *testing.T) {
	c := newCohort(t, 3)
	s, r := c.batch(t)
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, [4]int{3, 3, 0, 0}, [4]int{s.Cases, s.Done, s.Skipped, s.Failed})
	require.Equal(t, 6+7+8, s.Slices)
	single := c.path("single.nii.gz")
	r = slmsamRun("propagate", c.imageOf(1), "--mask", filepath.Join(c.data, "labelsTs", "case_01.nii.gz"), "--checkpoint", c.model, "--device", "cpu", "-o", single)
	require.Equal(t, exitDone, r.code, r.errors)
	for _, pair := range [][2]string{{single, "case_01.nii.gz"}, {provenancePath(single), "case_01.slmsam.json"}} {
		want, err := os.ReadFile(pair[0])
		require.NoError(t, err)
		require.Equal(t, string(want), c.results(t)[pair[1]])
	}

	manifest, err := batch.ReadManifest(c.out)
	require.NoError(t, err)
	m := manifest["case_01"]
	require.Equal(t, batch.Done, m.State)
	require.Equal(t, 7, m.Slices)
	require.Equal(t, []int{2}, m.Labels)
	require.Len(t, m.Request, 64)
	require.Len(t, m.ImageHash, 64)
	require.Positive(t, m.Compute)
	page, err := os.ReadFile(s.Report)
	require.NoError(t, err)
	require.Contains(t, string(page), "3 cases: 3 done, 0 failed, 0 not done yet")
	require.FileExists(t, filepath.Join(c.out, m.Montage))
}

// TestBatchContinuesAfterABadCase checks that a case that fails does not stop the others, and that --retry-failed computes
// that case alone.
func TestBatchContinuesAfterABadCase(t *testing.T) {
	c := newCohort(t, 4)
	whole, err := os.ReadFile(c.imageOf(1))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(c.imageOf(1), whole[:len(whole)/2], 0o644))
	s, r := c.batch(t)
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, [3]int{3, 0, 1}, [3]int{s.Done, s.Skipped, s.Failed})
	require.Contains(t, s.Failures[0], "case_01")
	require.Contains(t, r.errors, "1 of 4 cases failed")
	require.NoFileExists(t, filepath.Join(c.out, "case_01.nii.gz"))

	status := func() (s statusSummary) {
		runJSON(t, &s, c.args("--status")...)
		return s
	}
	require.Equal(t, [4]int{4, 3, 1, 0}, [4]int{status().Cases, status().Done, status().Failed, status().Left})
	require.Contains(t, status().Failing[0].Error, "case_01_0000.nii.gz")
	require.NoError(t, os.WriteFile(c.imageOf(1), whole, 0o644))
	s, r = c.batch(t, "--retry-failed")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, [2]int{1, 1}, [2]int{s.Cases, s.Done})
	require.Equal(t, [3]int{4, 0, 0}, [3]int{status().Done, status().Failed, status().Left})
	s, r = c.batch(t, "--retry-failed")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Zero(t, s.Cases)
}

// TestBatchKeepsWhatIsUpToDate checks which cases --skip-existing computes again.
func TestBatchKeepsWhatIsUpToDate(t *testing.T) {
	c := newCohort(t, 4)
	_, r := c.batch(t)
	require.Equal(t, exitDone, r.code, r.errors)
	s, r := c.batch(t)
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, 4, s.Failed)
	require.Contains(t, r.errors, "pass --skip-existing")
	before := c.results(t)
	s, r = c.batch(t, "--skip-existing")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, 4, s.Skipped)
	require.Equal(t, before, c.results(t))

	// A changed mask, an edited result and a lost one: the first and the last are computed again, the second is kept.
	mask := filepath.Join(c.data, "labelsTs", "case_00.nii.gz")
	l, err := volume.ReadLabelMap(mask)
	require.NoError(t, err)
	l.Data[3*480+14*24+8] = 2 // a pixel below
	require.NoError(t, volume.WriteLabelMap(mask, l, volume.WriteOptions{Force: true}))
	edited := filepath.Join(c.out, "case_01.nii.gz")
	l, err = volume.ReadLabelMap(edited)
	require.NoError(t, err)
	l.Data[0] = 2
	require.NoError(t, volume.WriteLabelMap(edited, l, volume.WriteOptions{Force: true}))
	require.NoError(t, os.Remove(filepath.Join(c.out, "case_02.nii.gz")))
	s, r = c.batch(t, "--skip-existing")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, [2]int{2, 2}, [2]int{s.Done, s.Skipped})
	require.Contains(t, r.errors, "case_01: was corrected by hand and is kept")
	again, err := volume.ReadLabelMap(edited)
	require.NoError(t, err)
	require.Equal(t, l.Data, again.Data)
	after := c.results(t)
	require.NotEqual(t, before["case_00.slmsam.json"], after["case_00.slmsam.json"])
	require.Equal(t, before["case_02.nii.gz"], after["case_02.nii.gz"])

	// With other settings, everything that was not edited is computed again. A file of unknown origin is not touched.
	require.NoError(t, os.Remove(filepath.Join(c.out, "case_03.slmsam.json")))
	s, r = c.batch(t, "--skip-existing", "--memory", "M7")
	require.Equal(t, exitFailed, r.code)
	require.Equal(t, [3]int{2, 1, 1}, [3]int{s.Done, s.Skipped, s.Failed})
	require.Contains(t, s.Failures[0], "was not written by slmsam")
	s, r = c.batch(t, "--skip-existing", "--memory", "M7", "--force")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, [2]int{2, 2}, [2]int{s.Done, s.Skipped}, "the edited one and the one of unknown origin are replaced")
}

// TestPartsShareAnOutputFolder checks that three parts together give what a single run gives, and that a part can be taken from
// the variables of a Kubernetes job.
func TestPartsShareAnOutputFolder(t *testing.T) {
	c := newCohort(t, 7)
	_, r := c.batch(t)
	require.Equal(t, exitDone, r.code, r.errors)
	want := c.results(t)
	require.NoError(t, os.RemoveAll(c.out))
	done := 0
	for id := range 3 {
		s, r := c.batch(t, "--num-parts", "3", "--part-id", fmt.Sprint(id))
		require.Equal(t, exitDone, r.code, r.errors)
		done += s.Done
	}
	require.Equal(t, 7, done)
	require.Equal(t, want, c.results(t))

	require.NoError(t, os.RemoveAll(c.out))
	t.Setenv("JOB_COMPLETION_INDEX", "1")
	_, r = c.batch(t)
	require.Equal(t, exitUsage, r.code)
	require.Contains(t, r.errors, "JOB_COMPLETIONS")
	t.Setenv("JOB_COMPLETIONS", "7")
	s, r := c.batch(t)
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, 1, s.Done)
	require.Equal(t, "2/7", s.Part)
}

// TestBatchOfATable runs a CSV file that names an output for one case and gives a box for the other.
func TestBatchOfATable(t *testing.T) {
	c := newCohort(t, 2)
	table := c.path("cases.csv")
	require.NoError(t, os.WriteFile(table, []byte("image,mask,labels,output,boxes\n"+
		"data/imagesTs/case_00_0000.nii.gz,data/labelsTs/case_00.nii.gz,2,first/a.nrrd,\n"+
		"data/imagesTs/case_01_0000.nii.gz,,,,\"3,4,5,12,14,3\"\n"), 0o644))
	c.data = table
	s, r := c.batch(t, "--untrained")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, 2, s.Done)
	require.FileExists(t, filepath.Join(c.out, "first", "a.nrrd"))
	require.FileExists(t, filepath.Join(c.out, "first", "a.slmsam.json"))
	require.FileExists(t, filepath.Join(c.out, "montages", "first", "a.png"))
	require.FileExists(t, filepath.Join(c.out, "case_01.nii.gz"))
}

// TestBatchUsage checks that wrong flags are found before anything is written.
func TestBatchUsage(t *testing.T) {
	c := newCohort(t, 1)
	for _, u := range []struct {
		args []string
		want string
	}{
		{[]string{"batch", c.data}, "give -o OUT"},
		{c.args("--part-id", "1"), "--num-parts"},
		{c.args("--num-parts", "2", "--part-id", "2"), "does not exist"},
		{c.args("--format", "jpg"), "--format"},
		{c.args("--split", "Tx"), "--split"},
		{c.args("--order", "odd"), "--order"},
		{c.args("--axis", "7"), "--axis"},
		{c.args("--window", "7"), "window"},
	} {
		r := slmsamRun(u.args...)
		require.Equal(t, exitUsage, r.code, r.errors)
		require.Contains(t, r.errors, u.want)
		require.NoDirExists(t, c.out)
	}
}
