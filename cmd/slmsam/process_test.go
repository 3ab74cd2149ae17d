//go:build unix

package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program returns slmsam as a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, args...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd
}

// TestCtrlCStopsCleanly interrupts a propagation. It must say so and leave no file.
func TestCtrlCStopsCleanly(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		w := newWorkspace(t)
		w.longImage(t, 30000) // minutes of work
		out := w.path("out.nii.gz")
		cmd := program(t, "propagate", w.image, "--mask", w.mask, "--checkpoint", w.model, "--device", "cpu", "-o", out, "--report", w.path("report"))
		stderr, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		var said strings.Builder
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			said.WriteString(lines.Text() + "\n")
			if strings.HasPrefix(lines.Text(), "model:") { // the work begins
				time.Sleep(300 * time.Millisecond)
				require.NoError(t, cmd.Process.Signal(signal))
			}
		}
		err = cmd.Wait()
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
		require.Equal(t, exitFailed, exit.ExitCode(), said.String())
		require.Contains(t, said.String(), "interrupted")
		require.NotContains(t, said.String(), "goroutine")
		w.requireClean(t, out)
		require.NoDirExists(t, w.path("report"))
	}
}

// TestAResultThatCannotBePrintedIsAFailure prints to a full disk.
func TestAResultThatCannotBePrintedIsAFailure(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here")
	}
	defer full.Close()
	cmd := program(t, "info", "--json")
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = full, &stderr
	require.Error(t, cmd.Run())
	require.Contains(t, stderr.String(), "no space left")
}
