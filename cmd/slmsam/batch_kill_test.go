//go:build unix

package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/internal/batch"
	"github.com/stretchr/testify/require"
)

// TestKilledBatchResumes kills a batch of 40 cases ten times, wherever it happens to be, and resumes it each time. The results
// equal those of an uninterrupted run, byte for byte, and every case is done once.
func TestKilledBatchResumes(t *testing.T) {
	const cases, kills, perRun = 40, 10, 3
	c := newCohort(t, cases)
	s, r := c.batch(t)
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, cases, s.Done)
	want := c.results(t)
	perCase := time.Duration(s.Seconds / cases * float64(time.Second))

	c.out = c.path("killed")
	rng := rand.New(rand.NewPCG(1, 2))
	for range kills {
		cmd := program(t, c.args("--skip-existing")...)
		stderr, err := cmd.StderrPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		computed := 0
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if strings.Contains(lines.Text(), "slices in") {
				computed++
			}
			if computed == perRun {
				time.Sleep(time.Duration(rng.Float64() * float64(perCase)))
				require.NoError(t, cmd.Process.Kill())
				_, err := io.Copy(io.Discard, stderr)
				require.NoError(t, err)
				break
			}
		}
		require.Error(t, cmd.Wait(), "it finished before it was killed")
	}
	s, r = c.batch(t, "--skip-existing")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, cases, s.Done+s.Skipped)
	require.Positive(t, s.Done)
	require.GreaterOrEqual(t, s.Skipped, kills*perRun)
	require.Equal(t, want, c.results(t))
	requireDoneOnce(t, c.out, cases)
}

// TestBatchKilledBeforeItsLastRecord cuts off the last line of the manifest, as if the batch had been killed between writing an
// output and recording it. The output is found and recorded.
func TestBatchKilledBeforeItsLastRecord(t *testing.T) {
	c := newCohort(t, 2)
	_, r := c.batch(t)
	require.Equal(t, exitDone, r.code, r.errors)
	want := c.results(t)
	path := filepath.Join(c.out, "manifest", "part-0001-of-0001.jsonl")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := bytes.SplitAfter(bytes.TrimSpace(data), []byte{'\n'})
	require.Len(t, lines, 4)
	require.NoError(t, os.WriteFile(path, append(bytes.Join(lines[:3], nil), lines[3][:20]...), 0o644))
	s, r := c.batch(t, "--skip-existing")
	require.Equal(t, exitDone, r.code, r.errors)
	require.Equal(t, [2]int{0, 2}, [2]int{s.Done, s.Skipped})
	require.Equal(t, want, c.results(t))
	requireDoneOnce(t, c.out, 2)
}

// requireDoneOnce checks that the manifest, including lines that later ones override, records each case as done exactly once.
func requireDoneOnce(t *testing.T, out string, cases int) {
	t.Helper()
	done := map[string]int{}
	paths, err := filepath.Glob(filepath.Join(out, "manifest", "*.jsonl"))
	require.NoError(t, err)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		for line := range bytes.Lines(data) {
			var r batch.Record
			require.NoError(t, json.Unmarshal(line, &r))
			if r.State == batch.Done {
				done[r.Case]++
				require.Positive(t, r.Slices, r.Case)
			}
		}
	}
	require.Len(t, done, cases)
	for name, n := range done {
		require.Equal(t, 1, n, name)
	}
}
