package golden

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/stretchr/testify/require"
)

// The first draws of key FNV-1a("1/a"), from a Python script after the fixtures README, "Random numbers".
func TestDraw(t *testing.T) {
	require.Equal(t, []float32{0.5676397085189819, 0.604915201663971, 0.4880065321922302}, draw("1", "a", 3, 0.5, 0.1))
}

func TestRecipeEqualsTheToyWeights(t *testing.T) {
	toy := filepath.Join(Dir(t), "toy")
	if !Exists(filepath.Join(toy, "weights.safetensors")) {
		t.Skip("the fixture folder has the toy's recipe only")
	}
	want, err := checkpoint.Read(filepath.Join(toy, "weights.safetensors"))
	require.NoError(t, err)
	recipe, err := ReadRecipe(filepath.Join(toy, "recipe.json"))
	require.NoError(t, err)
	shapes := map[string][]int{}
	for name, w := range want.Tensors {
		shapes[name] = w.Shape
	}
	got, err := recipe.Draw(shapes)
	require.NoError(t, err)
	require.Equal(t, checkpoint.Digest(want.Tensors), checkpoint.Digest(got))
}

func TestFullSizeRecipe(t *testing.T) {
	path := filepath.Join(Dir(t), "fullsize", "recipe.json")
	if !Exists(path) {
		t.Skip("the fixture folder has no full-size set")
	}
	recipe, err := ReadRecipe(path)
	require.NoError(t, err)
	table, err := os.ReadFile(filepath.Join(Dir(t), "keys", "slm_sam2_tiny_keys.tsv"))
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
	got, err := recipe.Draw(shapes)
	require.NoError(t, err)
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(got)) {
		h.Write([]byte(name))
		require.NoError(t, binary.Write(h, binary.LittleEndian, got[name].Data))
	}
	require.Equal(t, recipe.SHA256, hex.EncodeToString(h.Sum(nil)))
}
