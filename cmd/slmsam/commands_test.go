package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/train"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

// TestEveryCommandHasHelpWithExamples walks through all commands.
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

// TestMissingFilesAreNamed checks that a missing input is reported before anything is loaded.
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

// TestVersionAndCompletion checks that both are printed.
func TestVersionAndCompletion(t *testing.T) {
	r := slmsamRun("--version")
	require.Equal(t, exitDone, r.code)
	require.Contains(t, r.out, "slmsam version")
	r = slmsamRun("completion", "bash")
	require.Equal(t, exitDone, r.code)
	require.Contains(t, r.out, "__start_slmsam")
}

// TestVersionSaysWhatItComputesOn checks that slmsam version lists the backends, or says why there is no GPU.
func TestVersionSaysWhatItComputesOn(t *testing.T) {
	var b build
	runJSON(t, &b, "version")
	require.NotEmpty(t, b.Version)
	require.NotEmpty(t, b.Go)
	require.Contains(t, b.Backends[0], "CPU")
	require.Equal(t, len(b.Backends) == 1, b.NoGPU != "")
	require.Contains(t, slmsamRun("version").out, "computes on: CPU")
}

// TestFlagValuesAreCompleted checks what shells complete.
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

// TestManualPages checks that slmsam man writes a page for every command.
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
