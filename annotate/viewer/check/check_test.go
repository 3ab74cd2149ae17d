// Package check drives the page in a browser: see check.mjs and pictures.mjs.
package check

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// TestThePageInABrowser annotates a volume in Chromium and takes the pictures of the docs. It runs only with SLMSAM_BROWSER=1.
// SLMSAM_CHROMIUM is the browser (default /usr/bin/chromium), SLMSAM_PLAYWRIGHT a folder in which "npm install
// playwright-core" was run, and SLMSAM_BROWSER_OUT the folder for the pictures. The annotated organ is a kidney: that of a
// real CT if there is one, otherwise that of the synthetic abdomen.
func TestThePageInABrowser(t *testing.T) {
	if os.Getenv("SLMSAM_BROWSER") != "1" {
		t.Skip("SLMSAM_BROWSER=1 runs the page in Chromium; it needs node, chromium, and playwright-core in the folder SLMSAM_PLAYWRIGHT (.ci/browser gets them)")
	}
	dir := t.TempDir()
	slmsam, demo := filepath.Join(dir, "slmsam"), filepath.Join(dir, "demo")
	output(t, exec.Command("go", "build", "-o", slmsam, "../../../cmd/slmsam"))
	output(t, exec.Command(slmsam, "demo", "-o", demo, "--device", "cpu"))
	out := os.Getenv("SLMSAM_BROWSER_OUT")
	if out == "" {
		out = filepath.Join(dir, "out")
	}
	t.Run("annotate", func(t *testing.T) {
		image, truth, label := filepath.Join(demo, "image.nii.gz"), filepath.Join(demo, "truth.nii.gz"), "2"
		if ct := realCT(t); ct != "" {
			image, truth, label = filepath.Join(ct, "image.nii.gz"), filepath.Join(ct, "label.nii.gz"), "3"
		}
		t.Log("on " + image)
		node(t, "check.mjs", "--url", serve(t, slmsam, t.TempDir()), "--slmsam", slmsam, "--image", image, "--truth", truth, "--label", label, "--out", out)
	})
	t.Run("pictures", func(t *testing.T) {
		node(t, "pictures.mjs", "--url", serve(t, slmsam, t.TempDir()), "--demo", demo, "--out", out)
	})
}

// realCT returns the folder of a contrast-enhanced CT of the abdomen whose label 3 is the right kidney; empty: there is none.
func realCT(t *testing.T) string {
	data, found := shared.Dir(t, "SLMSAM_DATA", "data")
	if !found {
		return ""
	}
	ct, err := filepath.Abs(filepath.Join(data, "crlm", "crlm_ct_1004"))
	if err != nil {
		return ""
	}
	if _, err := os.Stat(filepath.Join(ct, "label.nii.gz")); err != nil {
		return ""
	}
	return ct
}

// node runs a script of this folder.
func node(t *testing.T, script string, args ...string) {
	path, err := filepath.Abs(script)
	require.NoError(t, err)
	if chromium := os.Getenv("SLMSAM_CHROMIUM"); chromium != "" {
		args = append(args, "--chromium", chromium)
	}
	cmd := exec.Command("node", append([]string{path}, args...)...)
	cmd.Dir = os.Getenv("SLMSAM_PLAYWRIGHT")
	t.Log(output(t, cmd))
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

// output runs a command and returns what it printed.
func output(t *testing.T, cmd *exec.Cmd) string {
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", cmd, out)
	return string(out)
}
