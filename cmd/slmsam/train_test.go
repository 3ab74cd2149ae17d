package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// trainWorkspace returns a workspace with a CSV file of one case, p1, which has labels on its first six slices.
func trainWorkspace(t *testing.T) (w workspace, manifest string) {
	t.Helper()
	w = newWorkspace(t)
	require.NoError(t, volume.WriteLabelMap(w.path("labels.nii.gz"), testMask(testImage(), slicesUpTo(6)...), volume.WriteOptions{}))
	manifest = w.path("cases.csv")
	require.NoError(t, os.WriteFile(manifest, []byte("name,image,label\np1,scan.nii.gz,labels.nii.gz\n"), 0o644))
	return w, manifest
}

// TestTrainThenResumeThenPropagate trains, resumes a finished run with and without more steps, and uses the result.
func TestTrainThenResumeThenPropagate(t *testing.T) {
	w, manifest := trainWorkspace(t)
	r := slmsamRun("train", manifest, "--init", w.model, "-o", w.path("run"), "--steps", "2", "--frames", "3", "--device", "cpu", "--json")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "plan: ")
	var result trainResult
	decodeJSON(t, r.out, &result)
	require.Equal(t, 2, result.Steps)
	require.FileExists(t, result.Files["best"])
	require.Greater(t, result.BestDSC, -1.0)

	again := slmsamRun("train", manifest, "--init", w.model, "-o", w.path("run"), "--steps", "2", "--frames", "3", "--device", "cpu")
	require.Equal(t, exitFailed, again.code)
	require.Contains(t, again.errors, "already holds a run")

	resumed := slmsamRun("train", manifest, "-o", w.path("run"), "--resume", "--device", "cpu")
	require.Equal(t, exitDone, resumed.code, resumed.errors)
	require.Contains(t, resumed.errors, "resuming after step 2")

	changed := slmsamRun("train", manifest, "-o", w.path("run"), "--resume", "--lr", "9")
	require.Equal(t, exitUsage, changed.code)
	require.Contains(t, changed.errors, "--lr")
	shorter := slmsamRun("train", manifest, "-o", w.path("run"), "--resume", "--steps", "1")
	require.NotEqual(t, exitDone, shorter.code)
	require.Contains(t, shorter.errors, "can only be extended")

	result = trainResult{}
	runJSON(t, &result, "train", manifest, "-o", w.path("run"), "--resume", "--steps", "3", "--device", "cpu")
	require.Equal(t, 3, result.Steps)

	out := w.path("out.nii.gz")
	w.model = result.Files["best"]
	p := w.propagate("--mask", w.mask, "-o", out)
	require.Equal(t, exitDone, p.code, p.errors)
}

// TestTrainWithoutChoices checks that the folder, the recipe and what to validate on are chosen, and that the last line says what
// was gained.
func TestTrainWithoutChoices(t *testing.T) {
	w, manifest := trainWorkspace(t)
	t.Chdir(w.dir)
	r := slmsamRun("train", manifest, "--init", w.model, "--steps", "1", "--frames", "3", "--device", "cpu")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.errors, "held back to validate on: a third of the range of every volume")
	require.Contains(t, r.errors, "after step 0:  DSC")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	require.Contains(t, lines[len(lines)-1], "DSC over whole volumes: ")
	require.Contains(t, lines[len(lines)-1], " before -> ")
	require.FileExists(t, "run/best.safetensors")
	recipe, err := train.ReadRecipe("run/recipe.json")
	require.NoError(t, err)
	require.True(t, recipe.Calibrate)

	all := slmsamRun("train", manifest, "--init", w.model, "--steps", "1", "--frames", "3", "--device", "cpu", "-o", "all", "--hold-out", "none")
	require.Equal(t, exitDone, all.code, all.errors)
	require.NotContains(t, all.errors, "held back")
	require.Contains(t, all.out, "of the training volumes")
}

// TestTrainPlan checks that --plan prints memory and work without training.
func TestTrainPlan(t *testing.T) {
	_, manifest := trainWorkspace(t)
	r := slmsamRun("train", manifest, "--init", "fresh", "--model", "nano", "--plan", "--device", "cpu", "--json")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Contains(t, r.out, `"memory_bytes"`)
	require.Contains(t, r.out, `"step_gflop"`)
	r = slmsamRun("train", manifest, "--init", "fresh", "--model", "nano", "--plan", "--device", "cpu", "--time", "1h")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Regexp(t, "^plan: .* until the time is up\n$", r.out)
	require.NotContains(t, r.errors, "plan:", "the plan is on stdout only")
}

// TestTrainBadUse checks that mistakes are found before a run's folder is made.
func TestTrainBadUse(t *testing.T) {
	w, manifest := trainWorkspace(t)
	bad := w.path("bad.json")
	require.NoError(t, os.WriteFile(bad, []byte(`{"learning_rate": 1}`), 0o644))
	fresh := []string{"--init", "fresh", "--device", "cpu", "-o", w.path("run")}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{manifest, "--init", "fresh", "-o", ""}, exitUsage, "-o RUN is missing"},
		{[]string{manifest, "--init", "gone", "-o", w.path("run")}, exitFailed, "start weights"},
		{append([]string{manifest, "--recipe", bad}, fresh...), exitFailed, `unknown field "learning_rate"`},
		{append([]string{manifest, "--frames", "99"}, fresh...), exitFailed, "p1 has 12 slices, fewer than a clip of 99"},
		{append([]string{manifest, "--label", "77"}, fresh...), exitFailed, "label 77 is not in"},
		{append([]string{manifest, "--hold-out", "p9"}, fresh...), exitFailed, `"p9" is not in the dataset`},
		{append([]string{manifest, "--hold-out", "p1"}, fresh...), exitFailed, "none is left"},
		{append([]string{manifest, "--steps", "3", "--time", "1h"}, fresh...), exitFailed, "exactly one of epochs, steps and time"},
		{append([]string{manifest, "--prompts", "circle=1"}, fresh...), exitUsage, "mask, points and box"},
		{append([]string{manifest, "--prompts", "mask=1x"}, fresh...), exitUsage, `"1x" is not a proportion`},
		{append([]string{manifest, "--prompts", "mask=-1,box=2"}, fresh...), exitUsage, `"-1" is not a proportion`},
		{append([]string{manifest, "--lr", "NaN"}, fresh...), exitUsage, "--lr NaN"},
		{append([]string{manifest, "--label", "4294967297"}, fresh...), exitUsage, "--label: 4294967297 is not a label"},
		{append([]string{manifest, "--hold-out", " p8"}, fresh...), exitFailed, `"p8" is not in the dataset`},
		{append([]string{manifest, "--model", "giant"}, fresh...), exitFailed, "nano"},
		{append([]string{w.path("gone")}, fresh...), exitFailed, "no such file"},
	} {
		r := slmsamRun(append([]string{"train"}, c.args...)...)
		require.Equal(t, c.code, r.code, "%v: %s", c.args, r.errors)
		require.Contains(t, r.errors, c.says)
		require.NoDirExists(t, filepath.Join(w.dir, "run"))
	}
}

// TestModelRemembersItsWindow checks that propagate uses the window of the training unless it is given another one.
func TestModelRemembersItsWindow(t *testing.T) {
	w, manifest := trainWorkspace(t)
	for _, c := range []struct {
		train, propagate string
		rule             string
		want             [2]float64
	}{
		{"20,260", "", "20,260", [2]float64{20, 260}},
		{"", "", "auto", [2]float64{20, 526}},
		{"paper", "", "paper", [2]float64{20, 526}},
		{"20,260", "0,300", "0,300", [2]float64{0, 300}},
		{"20,260", "auto", "auto", [2]float64{20, 526}},
	} {
		run := filepath.Join(t.TempDir(), "run")
		r := slmsamRun("train", manifest, "--init", w.model, "-o", run, "--steps", "1", "--frames", "3", "--device", "cpu", "--window", c.train)
		require.Equal(t, exitDone, r.code, r.errors)
		used := w
		used.model = filepath.Join(run, "last.safetensors")
		s, p := used.propagateJSON(t, "--mask", w.mask, "-o", filepath.Join(run, "out.nii.gz"), "--window", c.propagate)
		require.Equal(t, c.rule, s.WindowRule)
		require.Equal(t, c.want, s.Window)
		require.Contains(t, p.errors, "window: ")
	}
}
