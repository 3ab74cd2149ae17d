package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func TestEveryCommandHasHelpWithExamples(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Name() == "help" || cmd.Name() == "completion" {
			return
		}
		require.NotEmpty(t, cmd.Short, cmd.CommandPath())
		require.Contains(t, cmd.Example, cmd.CommandPath(), "an example of %s", cmd.CommandPath())
		r := slmsamRun(append(strings.Fields(cmd.CommandPath())[1:], "--help")...)
		require.Equal(t, exitDone, r.code)
		require.Contains(t, r.out, "Examples:")
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRootCommand())
}

// TestMissingFilesAreNamed, and before anything is loaded.
func TestMissingFilesAreNamed(t *testing.T) {
	for _, args := range [][]string{{"info", "gone.nii.gz"}, {"serve", "gone"}, {"convert", "gone.pt", "x.pt"}, {"propagate", "gone.nii", "--box", "1,2,3,4,5"}} {
		r := slmsamRun(args...)
		require.Equal(t, exitFailed, r.code, args)
		require.Contains(t, r.errors, args[1])
		require.Contains(t, r.errors, "no such file")
		require.NotContains(t, r.errors, "device:")
	}
	r := slmsamRun("convert", "a.pt")
	require.Contains(t, r.errors, "wrong number of arguments (1); usage: slmsam convert IN OUT")
}

func TestVersionAndCompletion(t *testing.T) {
	r := slmsamRun("--version")
	require.Equal(t, exitDone, r.code)
	require.Contains(t, r.out, "slmsam version")
	r = slmsamRun("completion", "bash")
	require.Equal(t, exitDone, r.code)
	require.Contains(t, r.out, "__start_slmsam")
}

func TestVersionSaysWhatItComputesOn(t *testing.T) {
	var b build
	runJSON(t, &b, "version")
	require.NotEmpty(t, b.Version)
	require.NotEmpty(t, b.Go)
	require.Contains(t, b.Backends[0], "CPU")
	require.Equal(t, len(b.Backends) == 1, b.NoGPU != "")
	require.Contains(t, slmsamRun("version").out, "computes on: CPU")
}

func TestFlagValuesAreCompleted(t *testing.T) {
	for _, c := range []struct {
		args []string
		want []string
	}{
		{[]string{"propagate", "--device", ""}, []string{"auto", "gpu", "cpu", "software"}},
		{[]string{"batch", "--memory", ""}, []string{"M7+R1", "M7", "R7", "R1", "M7+R7"}},
		{[]string{"propagate", "--checkpoint", ""}, []string{"nano", "tiny", "small", "base_plus", "large"}},
		{[]string{"eval", "--scope", ""}, []string{"all", "span"}},
		{[]string{"train", "--recipe", ""}, train.Recipes()},
		{[]string{"weights", "pull", ""}, []string{"tiny", "small", "base_plus", "large"}},
	} {
		r := slmsamRun(append([]string{"__complete"}, c.args...)...)
		require.Equal(t, exitDone, r.code, r.errors)
		lines := strings.Split(strings.TrimSpace(r.out), "\n")
		require.Equal(t, c.want, lines[:len(lines)-1], c.args)
	}
}

func TestManualPages(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	var result manResult
	runJSON(t, &result, "man", dir)
	require.Greater(t, len(result.Pages), 10)
	for _, page := range []string{"slmsam.1", "slmsam-propagate.1", "slmsam-weights-pull.1"} {
		text, err := os.ReadFile(filepath.Join(dir, page))
		require.NoError(t, err)
		require.Contains(t, string(text), ".SH SYNOPSIS")
	}
}

func TestInfoTellsModelsFromVolumes(t *testing.T) {
	w := newWorkspace(t)
	var model weightsInfo
	runJSON(t, &model, "info", w.model)
	require.Equal(t, "checkpoint", model.Kind)
	require.Equal(t, "SLM-SAM 2", model.Model)
	require.Equal(t, map[string]int{"F32": model.Keys}, model.DTypes)
	require.Len(t, model.SHA256, 64)
	require.NotNil(t, model.Config)

	var image volumeFile
	runJSON(t, &image, "info", w.image)
	require.Equal(t, testDim, image.Dimensions)
	require.Equal(t, 0, image.AcquisitionAxis)
	require.Equal(t, "SLA", image.Orientation)
	require.Equal(t, [2]float64{20, 526}, image.Range)

	var mask volumeFile
	runJSON(t, &mask, "info", w.mask)
	require.Equal(t, []labelInfo{{2, 7 * 7, []int{6}, ""}, {5, 7 * 9, []int{6}, ""}}, mask.Labels)

	for _, path := range []string{w.model, w.image, w.mask} {
		require.Contains(t, slmsamRun("info", path).out, filepath.Base(path))
	}
	require.Contains(t, slmsamRun("info").out, "CPU")
	r := slmsamRun("info", w.path("nothing"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "nothing")
}

// runJSON runs a command with --json and decodes its output strictly.
func runJSON(t *testing.T, into any, args ...string) {
	t.Helper()
	r := slmsamRun(append(args, "--json")...)
	require.Equal(t, exitDone, r.code, r.errors)
	d := json.NewDecoder(strings.NewReader(r.out))
	d.DisallowUnknownFields()
	require.NoError(t, d.Decode(into), r.out)
	require.False(t, d.More(), "exactly one JSON object")
}

func TestConvertKeepsTheModelUsable(t *testing.T) {
	w := newWorkspace(t)
	var done converted
	runJSON(t, &done, "convert", w.model, w.path("half.pt"), "--dtype", "f16")
	require.Positive(t, done.Tensors)
	runJSON(t, &done, "convert", w.path("half.pt"), w.path("back.safetensors"), "--dtype", "f32")
	w.model = w.path("back.safetensors")
	r := w.propagate("--mask", w.mask, "-o", w.path("o.nii.gz"))
	require.Equal(t, exitDone, r.code, r.errors)
	r = slmsamRun("convert", w.model, w.path("half.pt"))
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "half.pt")
}

func TestWeightsAreListedPulledAndVerified(t *testing.T) {
	w := newWorkspace(t)
	dir := w.path("weights")
	var list struct {
		Directory string        `json:"directory"`
		Weights   []weightsFile `json:"weights"`
	}
	runJSON(t, &list, "weights", "list", "--dir", dir)
	require.Len(t, list.Weights, 4)
	require.Equal(t, "7402e0d864fa82708a20fbd15bc84245c2f26dff0eb43a4b5b93452deb34be69", list.Weights[0].SHA256)

	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path
		rw.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	r := slmsamRun("weights", "pull", "tiny", "--dir", dir, "--url", server.URL+"/mirror/")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "404")
	require.Equal(t, "/mirror/sam2.1_hiera_tiny.pt", asked)

	r = slmsamRun("weights", "verify", w.model)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "not one of the official checkpoints")
	fake := w.path("sam2.1_hiera_tiny.pt")
	require.NoError(t, os.WriteFile(fake, []byte("no weights"), 0o644))
	r = slmsamRun("weights", "verify", fake)
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "weights pull tiny")
	require.Equal(t, exitUsage, slmsamRun("weights", "burn").code)
}

func TestOfficialNamesAreLookedUpInTheCache(t *testing.T) {
	w := newWorkspace(t)
	t.Setenv("XDG_CACHE_HOME", w.path("cache"))
	t.Setenv("HOME", w.path("home"))
	r := slmsamRun("propagate", w.image, "--mask", w.mask, "--device", "cpu", "--checkpoint", "base+")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "slmsam weights pull base_plus")

	dir, err := checkpoint.CacheDir()
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	data, err := os.ReadFile(w.model)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sam2.1_hiera_tiny.pt"), data, 0o644))
	r = slmsamRun("propagate", w.image, "--mask", w.mask, "--device", "cpu", "--checkpoint", "tiny")
	require.Equal(t, exitDone, r.code, r.errors)
}

func TestBenchMeasuresEveryStage(t *testing.T) {
	w := newWorkspace(t)
	var b benchResult
	runJSON(t, &b, "bench", "--checkpoint", w.model, "--device", "cpu", "--slices", "2")
	require.Equal(t, 2, b.Slices)
	require.Positive(t, b.SecondsPerSlice)
	require.Positive(t, b.PeakMemoryBytes)
	var names []string
	sum := 0.0
	for _, s := range b.Stages {
		names = append(names, s.Name)
		sum += s.GFLOP
		require.Positive(t, s.Seconds, s.Name)
		require.Positive(t, s.GFLOP, s.Name)
		require.InEpsilon(t, s.GFLOP/s.Seconds, s.GFLOPPerSecond, 1e-6)
	}
	require.Equal(t, []string{"image_encoder", "short_attention", "long_attention", "fuser", "decoder", "memory_encoder"}, names)
	require.InEpsilon(t, sum, b.GFLOPPerSlice, 1e-6)

	text := slmsamRun("bench", "--checkpoint", w.model, "--device", "cpu", "--slices", "1", "--memory", "M7").out
	require.Contains(t, text, "long_attention")
	require.NotContains(t, text, "short_attention")
}

func TestDeviceGPUFailsWithoutOne(t *testing.T) {
	w := newWorkspace(t)
	t.Setenv(allowSoftwareEnv, "")
	r := slmsamRun("propagate", w.image, "--mask", w.mask, "--checkpoint", w.model, "--device", "gpu", "--adapter", "no such adapter")
	require.Equal(t, exitFailed, r.code)
	require.Contains(t, r.errors, "device gpu")
	w.requireClean(t, w.path("scan_slmsam.nii.gz"))
}
