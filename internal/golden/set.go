package golden

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// Root returns the repository's root folder.
func Root(t testing.TB) string {
	t.Helper()
	return shared.Root(t)
}

// Dir returns the fixture folder.
func Dir(t testing.TB) string {
	t.Helper()
	if dir, found := shared.Dir(t, "SLMSAM_FIXTURES", "fixtures"); found {
		return dir
	}
	return filepath.Join(Root(t), "testdata", "fixtures")
}

// Exists reports whether there is a file or folder.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// SetsWith returns the sets that have a file, or skips the test if none of them does.
func SetsWith(t testing.TB, elem ...string) []Set {
	t.Helper()
	with := slices.DeleteFunc(Sets(t), func(s Set) bool { return !s.Has(elem...) })
	if len(with) == 0 {
		t.Skipf("no fixture set in %s has %s", Dir(t), filepath.Join(elem...))
	}
	return with
}

// Set is one model's fixtures: a folder with a config.json.
type Set struct {
	Name, Dir string
}

// Sets returns all sets. At least one is there.
func Sets(t testing.TB) []Set {
	t.Helper()
	dirs, err := filepath.Glob(filepath.Join(Dir(t), "*", "config.json"))
	require.NoError(t, err)
	require.NotEmpty(t, dirs, "no model in the fixture folder %s", Dir(t))
	var sets []Set
	for _, d := range dirs {
		d = filepath.Dir(d)
		sets = append(sets, Set{Name: filepath.Base(d), Dir: d})
	}
	return sets
}

// Config returns the bytes of the set's configuration.
func (s Set) Config(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.Dir, "config.json"))
	require.NoError(t, err)
	return data
}

// State returns the set's weights for the wanted shapes: stored ones or, without them, the recipe's.
func (s Set) State(t testing.TB, want map[string][]int) map[string]*checkpoint.Tensor {
	t.Helper()
	if path := filepath.Join(s.Dir, "weights.safetensors"); Exists(path) {
		f, err := checkpoint.Read(path)
		require.NoError(t, err)
		return f.Tensors
	}
	r, err := ReadRecipe(filepath.Join(s.Dir, "recipe.json"))
	require.NoError(t, err)
	state, err := r.Draw(want)
	require.NoError(t, err)
	return state
}

// Has says whether the set has a file.
func (s Set) Has(elem ...string) bool {
	return Exists(filepath.Join(append([]string{s.Dir}, elem...)...))
}

// File opens a file of the set, or skips the test when the set does not have it.
func (s Set) File(t testing.TB, elem ...string) *File {
	t.Helper()
	if !s.Has(elem...) {
		t.Skipf("the fixture set %s has no %s", s.Name, filepath.Join(elem...))
	}
	return Open(t, filepath.Join(append([]string{s.Dir}, elem...)...))
}

// Files returns the names of the set's files that match a pattern.
func (s Set) Files(t testing.TB, pattern ...string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(append([]string{s.Dir}, pattern...)...))
	require.NoError(t, err)
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(p), ".safetensors")
	}
	return paths
}
