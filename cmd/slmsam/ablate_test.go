package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// ablateList writes a CSV file with n cases, each the workspace's image with labels on five slices.
func (w workspace) ablateList(t *testing.T, n int) string {
	t.Helper()
	require.NoError(t, volume.WriteLabelMap(w.path("full.nii.gz"), testMask(testImage(), slicesUpTo(testDim[0])[3:8]...), volume.WriteOptions{}))
	lines := []string{"name,image,label"}
	for i := range n {
		lines = append(lines, fmt.Sprintf("case%d,scan.nii.gz,full.nii.gz", i))
	}
	path := w.path("cases.csv")
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644))
	return path
}

// ablateRun runs slmsam ablate with the workspace's weights.
func (w workspace) ablateRun(list string, args ...string) outcome {
	return slmsamRun(append([]string{"ablate", list, "--init", w.model, "--device", "cpu", "--resamples", "20", "-o", w.path("out")}, args...)...)
}

// TestAblate compares two memory settings with one training volume and with none: it checks the table, the files, that a second
// run finds everything done, and that other settings need another folder.
func TestAblate(t *testing.T) {
	w := newWorkspace(t)
	list := w.ablateList(t, 3)
	args := []string{"--volumes", "0,1", "--memories", "M7,M7+R1", "--budget", "1", "--frames", "2", "--names", "2=liver,5=spleen"}
	o := w.ablateRun(list, append(args, "--json")...)
	require.Equal(t, exitDone, o.code, o.errors)
	require.Contains(t, o.errors, "run 4 of 4, 1 volume, M7+R1: done")
	require.Equal(t, 1, strings.Count(o.errors, "device: "))
	var result struct {
		Rows []struct {
			Volumes int
			Memory  string
			Cases   int
			DSC     struct{ Mean, Low, High *float64 }
		}
		Settings struct{ Train, Test []string }
		Files    []string
	}
	require.NoError(t, json.Unmarshal([]byte(o.out), &result))
	require.Len(t, result.Rows, 4)
	require.Equal(t, "M7+R1", result.Rows[3].Memory)
	require.Equal(t, 1, result.Rows[3].Volumes)
	require.Equal(t, 2, result.Rows[3].Cases)
	require.NotNil(t, result.Rows[3].DSC.Mean)
	require.Len(t, result.Settings.Test, 2)
	for _, f := range append(result.Files, w.path("out/ablation.md"), w.path("out/figure5.png"), w.path("out/figure8.png"), w.path("out/table2.csv")) {
		require.FileExists(t, f)
	}

	o = w.ablateRun(list, args...)
	require.Equal(t, exitDone, o.code, o.errors)
	require.Contains(t, o.errors, "done before")
	require.NotContains(t, o.errors, ": done\n")
	require.Contains(t, o.out, "over-propagated")

	o = slmsamRun("eval", "--truth", w.path("out/truth"), "--pred", w.path("out/1-volume/M7+R1/predictions"), "--json")
	require.Equal(t, exitDone, o.code, o.errors)

	o = w.ablateRun(list, append(args, "--seed", "9")...)
	require.Equal(t, exitFailed, o.code)
	require.Contains(t, o.errors, "choose another folder")
}

// TestAblateTasks compares on two datasets, with start weights for one of the settings and with training volumes named in a
// file.
func TestAblateTasks(t *testing.T) {
	w := newWorkspace(t)
	list := w.ablateList(t, 3)
	text, err := os.ReadFile(list)
	require.NoError(t, err)
	other := w.path("other.csv")
	require.NoError(t, os.WriteFile(other, text, 0o644))
	names := w.path("training.txt")
	require.NoError(t, os.WriteFile(names, []byte("case2\n\ncase0\n"), 0o644))
	args := []string{other, "--volumes", "1,5", "--memories", "M7,M7+R1", "--budget", "1", "--frames", "2", "--train", "@" + names, "--init-for", "M7=" + w.model}
	o := w.ablateRun(list, append(args, "--json")...)
	require.Equal(t, exitDone, o.code, o.errors)
	var result struct {
		Rows []struct {
			Task           string
			Volumes, Cases int
			Arms           []struct {
				Memory      string
				Differences []struct{ Measure string }
			}
		}
		Files []string
	}
	require.NoError(t, json.Unmarshal([]byte(o.out), &result))
	require.Len(t, result.Rows, 6)
	require.Equal(t, "other", result.Rows[3].Task)
	require.Equal(t, 2, result.Rows[3].Volumes, "all that the file names")
	require.Equal(t, 2, result.Rows[5].Cases)
	require.Equal(t, "absent_dsc", result.Rows[5].Arms[1].Differences[2].Measure)
	require.Equal(t, []string{w.path("out/tasks.md"), w.path("out/tasks.csv")}, result.Files)

	o = w.ablateRun(list, args...)
	require.Equal(t, exitDone, o.code, o.errors)
	require.Contains(t, o.out, "up to 5 volumes")
}

// TestAblateUsage checks that wrong flags are found before anything is written.
func TestAblateUsage(t *testing.T) {
	w := newWorkspace(t)
	list := w.ablateList(t, 3)
	for _, args := range [][]string{{"--budget", "soon"}, {"--budget", "-3"}, {"--memories", "M7,X1"}, {"--volumes", "few"}, {"--prompt", "drop"},
		{"--scope", "some"}, {"--seeds", "1,1"}, {"--seeds", "a"}, {"--init-for", "M7"}, {"--init-for", "R8=x"}, {"--names", "liver"}, {"--label", "a"}, {"--axis", "7"}} {
		o := w.ablateRun(list, args...)
		require.Equal(t, exitUsage, o.code, "%v: %s", args, o.errors)
		require.NoDirExists(t, w.path("out"))
	}
	o := slmsamRun("ablate", list, "--init", w.model)
	require.Equal(t, exitUsage, o.code)
	require.Contains(t, o.errors, "-o DIR")
	o = slmsamRun("ablate", list, "-o", w.path("out"))
	require.Equal(t, exitUsage, o.code)
	require.Contains(t, o.errors, "--init")
	o = slmsamRun("ablate", list, "--init-for", "M7="+w.model, "-o", w.path("out"))
	require.Equal(t, exitUsage, o.code, "four settings have no start")
	o = w.ablateRun(list, list)
	require.Equal(t, exitUsage, o.code)
	require.Contains(t, o.errors, "rename one")
	o = w.ablateRun("generated")
	require.Equal(t, exitUsage, o.code)
	require.Contains(t, o.errors, "not a dataset of files")
	o = w.ablateRun(list) // 5 of 3 volumes
	require.Equal(t, exitFailed, o.code)
	require.Contains(t, o.errors, "smaller protocols")
	o = w.ablateRun(filepath.Join(w.dir, "nowhere.csv"))
	require.Equal(t, exitFailed, o.code)
	require.Contains(t, o.errors, "nowhere.csv")
}
