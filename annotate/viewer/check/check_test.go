// Package check drives the page in a browser: see check.mjs.
package check

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// With SLMSAM_BROWSER=1 the check runs in Debian's Chromium. SLMSAM_PLAYWRIGHT is a folder in which
// "npm install playwright-core" was run.
func TestThePageInABrowser(t *testing.T) {
	if os.Getenv("SLMSAM_BROWSER") != "1" {
		t.Skip("SLMSAM_BROWSER=1 runs the page in Chromium; it needs node, chromium, and playwright-core in the folder SLMSAM_PLAYWRIGHT")
	}
	script, err := filepath.Abs("check.mjs")
	require.NoError(t, err)
	dir := t.TempDir()
	slmsam := filepath.Join(dir, "slmsam")
	output(t, exec.Command("go", "build", "-o", slmsam, "../../../cmd/slmsam"))
	output(t, exec.Command(slmsam, "demo", "-o", filepath.Join(dir, "demo"), "--device", "cpu"))
	out := os.Getenv("SLMSAM_BROWSER_OUT") // keeps the pictures
	if out == "" {
		out = filepath.Join(dir, "out")
	}
	check := exec.Command("node", script, "--url", serve(t, slmsam, t.TempDir()), "--slmsam", slmsam, "--demo", filepath.Join(dir, "demo"), "--out", out)
	check.Dir = os.Getenv("SLMSAM_PLAYWRIGHT")
	t.Log(output(t, check))
}

// serve starts a server on a free port and returns its address.
func serve(t *testing.T, slmsam, folder string) string {
	cmd := exec.Command(slmsam, "serve", folder, "--listen", "127.0.0.1:0", "--device", "cpu",
		"--nninteractive-port", "0", "--monailabel-port", "0", "--itksnap-port", "0")
	log, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if _, url, found := strings.Cut(lines.Text(), "annotate in the browser: "); found {
			go func() {
				for lines.Scan() { // so that the server never waits for a reader
				}
			}()
			return url
		}
	}
	t.Fatal("the server did not start")
	return ""
}

func output(t *testing.T, cmd *exec.Cmd) string {
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", cmd, out)
	return string(out)
}
