// Package shared finds the folders of test data that are not part of the repository. Only tests import this package.
package shared

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Root returns the repository's root folder.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	require.FailNow(t, "no go.mod above the test's folder")
	return ""
}

// Dir returns a folder of test data: the one that the environment variable names or, if it is empty, ../shared/NAME beside the
// repository. found is false if the latter does not exist.
func Dir(t testing.TB, variable, name string) (dir string, found bool) {
	t.Helper()
	if dir := os.Getenv(variable); dir != "" {
		return dir, true
	}
	dir = filepath.Join(Root(t), "..", "shared", name)
	_, err := os.Stat(dir)
	return dir, err == nil
}

// Need is Dir for a test that is skipped without the folder.
func Need(t testing.TB, variable, name string) string {
	t.Helper()
	dir, found := Dir(t, variable, name)
	if !found {
		t.Skipf("no test data: set %s, or put it into ../shared/%s beside the repository", variable, name)
	}
	return dir
}

// Shapes reads a table of parameters: a header, then a line per parameter with its name, a type, and its shape such as 3x4.
func Shapes(t testing.TB, path string) map[string][]int {
	t.Helper()
	table, err := os.ReadFile(path)
	require.NoError(t, err)
	shapes := map[string][]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(table)), "\n")[1:] {
		row := strings.Split(line, "\t")
		shape := []int{}
		for _, side := range strings.Split(row[2], "x") {
			n, err := strconv.Atoi(side)
			require.NoError(t, err)
			shape = append(shape, n)
		}
		shapes[row[0]] = shape
	}
	return shapes
}
