package main

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// consoleOf returns a console of slmsam info with the given flags.
func consoleOf(t *testing.T, flags ...string) (c *console, out, errors *bytes.Buffer) {
	t.Helper()
	out, errors = &bytes.Buffer{}, &bytes.Buffer{}
	cmd, _, err := newRootCommand().Find([]string{"info"})
	require.NoError(t, err)
	cmd.SetOut(out)
	cmd.SetErr(errors)
	require.NoError(t, cmd.ParseFlags(flags))
	return newConsole(cmd), out, errors
}

// TestMessagesGoToStderrByLevel checks which messages --json, --verbose and --quiet let through.
func TestMessagesGoToStderrByLevel(t *testing.T) {
	for _, c := range []struct{ flag, want string }{
		{"--json", "plain, n 3\nwarn: beware\n"},
		{"--verbose", "debug: detail\nplain, n 3\nwarn: beware\n"},
		{"--quiet", "warn: beware\n"},
	} {
		console, out, errors := consoleOf(t, c.flag)
		console.log.Debug("detail")
		console.log.Info("plain", "n", 3)
		console.log.Warn("beware")
		require.Equal(t, c.want, errors.String())
		require.Empty(t, out.String())
	}
}

// TestResultIsJSONOrText checks what goes to stdout.
func TestResultIsJSONOrText(t *testing.T) {
	for flag, want := range map[string]string{"--json": "{\n  \"n\": 3\n}\n", "--verbose": "three\n", "--quiet": ""} {
		c, out, _ := consoleOf(t, flag)
		require.NoError(t, c.result(map[string]int{"n": 3}, func(w io.Writer) { _, _ = io.WriteString(w, "three\n") }))
		require.Equal(t, want, out.String())
	}
}

// TestProgressWithoutTerminal checks that without a terminal, progress is a line now and then instead of a bar.
func TestProgressWithoutTerminal(t *testing.T) {
	c, _, errors := consoleOf(t)
	p := c.progress("slices", false)
	p.set(1, 50)
	require.Empty(t, errors.String(), "not yet")
	p.last = time.Now().Add(-2 * messageInterval)
	p.started = time.Now().Add(-40 * time.Second)
	p.set(20, 50)
	p.set(21, 50)
	p.close()
	require.Equal(t, "slices: 20 of 50, about 1m0s left\n", errors.String())
}
