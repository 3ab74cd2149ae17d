package train_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// childDir is the environment variable that names the folder in which a child process trains (see TestChild).
const childDir = "SLMSAM_TEST_TRAIN_DIR"

// crashSteps returns how many steps to train: few, or as many as SLMSAM_KILL_STEPS says.
func crashSteps(t *testing.T) int {
	const few = 12
	asked := os.Getenv("SLMSAM_KILL_STEPS")
	if asked == "" {
		return few
	}
	n, err := strconv.Atoi(asked)
	require.NoError(t, err)
	return n
}

// crashRecipe returns a recipe that saves its state after each step, validates now and then, and uses all that is random.
func crashRecipe(t *testing.T) train.Recipe {
	r := tinyRecipe(crashSteps(t))
	r.SaveEach, r.ValidateEach, r.Dropout, r.DropPath = 1, 5, 0.1, 0.1
	return r
}

// TestChild is not a test: it is what a child process runs. It trains from the start, or from where an earlier child was
// killed.
func TestChild(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("runs only as the child process of other tests")
	}
	if _, err := os.Stat(filepath.Join(dir, "state.safetensors")); err == nil {
		tr, _ := resumed(t, dir)
		run(t, tr)
		return
	}
	tr, _ := newTrainer(t, dir, crashRecipe(t), nil)
	run(t, tr)
}

// child returns a process that trains in a folder.
func child(dir string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	return cmd
}

// TestKillAndResume kills a training run at random moments until it finishes. Weights, state and metrics must equal those of
// an uninterrupted run, and no temporary file may stay behind.
func TestKillAndResume(t *testing.T) {
	whole, killed := t.TempDir(), t.TempDir()
	tr, _ := newTrainer(t, whole, crashRecipe(t), nil)
	began := time.Now()
	run(t, tr)
	length := time.Since(began)

	seed := uint64(time.Now().UnixNano())
	rng := rand.New(rand.NewPCG(seed, 0))
	kills := 0
	for try := 0; ; try++ {
		require.Less(t, try, 60, "it does not finish (seed %d)", seed)
		cmd := child(killed)
		require.NoError(t, cmd.Start())
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		limit := length/4 + time.Duration(rng.Int64N(int64(length)))*time.Duration(1+try)/4
		var err error
		select {
		case err = <-done:
		case <-time.After(limit):
			require.NoError(t, cmd.Process.Kill())
			err = <-done
		}
		if err == nil {
			break
		}
		kills++
	}
	t.Logf("killed %d times, seed %d", kills, seed)
	require.Positive(t, kills)
	for _, name := range []string{"last.safetensors", "best.safetensors", "state.safetensors"} {
		requireSameTensors(t, filepath.Join(whole, name), filepath.Join(killed, name))
	}
	require.Equal(t, records(t, whole), records(t, killed))
	leftovers, err := filepath.Glob(filepath.Join(killed, ".*.tmp"))
	require.NoError(t, err)
	require.Empty(t, leftovers)
}

// records returns the lines of a run's metrics, without the times.
func records(t *testing.T, dir string) []map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	require.NoError(t, err)
	var out []map[string]any
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		var m map[string]any
		require.NoError(t, json.Unmarshal([]byte(line), &m))
		delete(m, "seconds")
		if v, ok := m["validation"].(map[string]any); ok {
			delete(v, "seconds")
		}
		out = append(out, m)
	}
	require.GreaterOrEqual(t, len(out), crashSteps(t))
	require.NotEmpty(t, out[0]["clip"])
	return out
}

// requireSameTensors compares two checkpoints bit for bit.
func requireSameTensors(t testing.TB, want, got string) {
	t.Helper()
	a, err := checkpoint.Read(want)
	require.NoError(t, err)
	b, err := checkpoint.Read(got)
	require.NoError(t, err)
	require.Equal(t, a.Order, b.Order)
	x, y := map[string][]float32{}, map[string][]float32{}
	for _, name := range a.Order {
		x[name], y[name] = a.Tensors[name].Data, b.Tensors[name].Data
	}
	requireSameWeights(t, x, y)
}

// TestFullDisk limits the size of files during training. The run must end with an error that says that the state could not be
// saved, and it must be possible to resume from the previous state.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	r := crashRecipe(t)
	r.Steps = 3
	tr, _ := newTrainer(t, dir, r, nil)
	run(t, tr)
	before, err := os.ReadFile(filepath.Join(dir, "state.safetensors"))
	require.NoError(t, err)

	r.Steps = 5
	text, err := r.JSON()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "recipe.json"), text, 0o644))
	// The shell's file size limit, in blocks of 1 KiB, is a portable way to make a write fail.
	limited := fmt.Sprintf("trap '' XFSZ; ulimit -f 64; exec %q -test.run='^TestChild$' -test.v", os.Args[0])
	cmd := exec.Command("sh", "-c", limited)
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	out, err := cmd.CombinedOutput()
	require.Error(t, err, string(out))
	require.Contains(t, string(out), "could not be saved; the previous one was kept")

	after, err := os.ReadFile(filepath.Join(dir, "state.safetensors"))
	require.NoError(t, err)
	require.Equal(t, before, after)
	leftovers, err := filepath.Glob(filepath.Join(dir, ".*.tmp"))
	require.NoError(t, err)
	require.Empty(t, leftovers)
	tr, _ = resumed(t, dir)
	require.Equal(t, 3, tr.Step())
	run(t, tr)
	require.Equal(t, 5, tr.Step())
}
