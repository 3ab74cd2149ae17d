package batch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestPartFromEnvironment checks which part a process of a Slurm array or an indexed Kubernetes job works on, and
// the errors for environments that do not say.
func TestPartFromEnvironment(t *testing.T) {
	slurm := func(id, count, first, last int) map[string]string {
		return map[string]string{"SLURM_ARRAY_TASK_ID": fmt.Sprint(id), "SLURM_ARRAY_TASK_COUNT": fmt.Sprint(count),
			"SLURM_ARRAY_TASK_MIN": fmt.Sprint(first), "SLURM_ARRAY_TASK_MAX": fmt.Sprint(last)}
	}
	for _, c := range []struct {
		env   map[string]string
		want  Part
		wrong string
	}{
		{nil, Part{0, 1}, ""},
		{slurm(3, 16, 0, 15), Part{3, 16}, ""},
		{slurm(1, 1, 1, 1), Part{0, 1}, ""},
		{slurm(4, 4, 1, 4), Part{3, 4}, ""},
		{slurm(6, 4, 0, 6), Part{3, 4}, ""}, // --array=0-6:2
		{slurm(7, 2, 3, 7), Part{1, 2}, ""}, // --array=3,7 cannot be distinguished from steps of 4
		{slurm(5, 3, 0, 5), Part{}, "with gaps"},
		{slurm(3, 3, 0, 5), Part{}, "with gaps"},
		{map[string]string{"SLURM_ARRAY_TASK_ID": "x"}, Part{}, `"x", which is not a number`},
		{map[string]string{"SLURM_ARRAY_TASK_ID": "1"}, Part{}, "SLURM_ARRAY_TASK_COUNT"},
		{map[string]string{"JOB_COMPLETION_INDEX": "2", "JOB_COMPLETIONS": "8"}, Part{2, 8}, ""},
		{map[string]string{"JOB_COMPLETION_INDEX": "2"}, Part{}, "set JOB_COMPLETIONS"},
		{map[string]string{"JOB_COMPLETION_INDEX": "8", "JOB_COMPLETIONS": "8"}, Part{}, "does not exist"},
	} {
		p, source, err := PartFromEnvironment(func(name string) string { return c.env[name] })
		if c.wrong != "" {
			require.ErrorContains(t, err, c.wrong, c.env)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, c.want, p, c.env)
		require.Equal(t, c.env == nil, source == "")
	}
	require.Error(t, Part{3, 3}.Check())
	require.Equal(t, "3/16", Part{2, 16}.String())
}

// TestShareBalancesSlicesAndLosesNothing checks that every case is in one part, and that few parts are about equally
// large.
func TestShareBalancesSlicesAndLosesNothing(t *testing.T) {
	cases, sizes := make([]Case, 100), make([]int, 100)
	total := 0
	for i := range cases {
		cases[i].Name, sizes[i] = fmt.Sprintf("c%03d", i), 20+(i*i*7)%400
		total += sizes[i]
	}
	size := map[string]int{}
	for i, c := range cases {
		size[c.Name] = sizes[i]
	}
	for _, n := range []int{1, 2, 7, 64, 150} {
		seen := map[string]bool{}
		for id := range n {
			load := 0
			for _, c := range Share(cases, sizes, Part{id, n}) {
				require.False(t, seen[c.Name], "twice")
				seen[c.Name] = true
				load += size[c.Name]
			}
			if n <= 7 {
				require.InDelta(t, total/n, load, 0.02*float64(total/n), "part %d of %d", id, n)
			}
		}
		require.Len(t, seen, len(cases))
	}
}

// TestSizesAreReadOnceForAllParts checks that the sizes of volumes are stored, and that a damaged file of sizes is
// an error.
func TestSizesAreReadOnceForAllParts(t *testing.T) {
	dir := t.TempDir()
	image := filepath.Join(dir, "a.nii.gz")
	dim := [3]int{4, 5, 6}
	v := &volume.Volume{Dim: dim, Data: make([]float32, 120), Geom: volume.NewGeometry(dim, [3]float64{1, 3, 1})}
	require.NoError(t, volume.WriteVolume(image, v, volume.WriteOptions{}))
	cases := []Case{{Name: "a", Image: image}, {Name: "gone", Image: filepath.Join(dir, "gone.nii")}}
	require.NoError(t, Prepare(dir, nil, nil))
	for range 2 {
		sizes, err := Sizes(dir, cases)
		require.NoError(t, err)
		require.Equal(t, []int{5, 1}, sizes, "slices across the axis of largest spacing")
		require.NoError(t, os.RemoveAll(image)) // the second time, volumes are not read
	}
	kept, err := filepath.Glob(filepath.Join(dir, journals, "sizes-*.json"))
	require.NoError(t, err)
	require.Len(t, kept, 1)
	require.NoError(t, os.WriteFile(kept[0], []byte("[1]"), 0o644))
	_, err = Sizes(dir, cases)
	require.ErrorContains(t, err, "damaged: delete it")
}

// TestTooManyParts checks the largest number of parts.
func TestTooManyParts(t *testing.T) {
	require.ErrorContains(t, Part{0, maxParts + 1}.Check(), "at most 1000000")
	require.NoError(t, Part{0, maxParts}.Check())
}
