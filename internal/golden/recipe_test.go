package golden

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam/checkpoint"
	"github.com/seed-6f79f512/slmsam/internal/shared"
	"github.com/stretchr/testify/require"
)

// TestDraw compares the first draws of key FNV-1a("1/a") with those of a Python script that follows the fixtures'
// README, "Random numbers".
func TestDraw(t *testing.T) {
	require.Equal(t, []float32{0.5676397085189819, 0.604915201663971, 0.4880065321922302}, draw("1", "a", 3, 0.5, 0.1))
}

// TestRecipeEqualsTheToyWeights checks that the recipe gives the toy's weights bit for bit.
func TestRecipeEqualsTheToyWeights(t *testing.T) {
	toy := filepath.Join(Dir(t), "toy")
	if !Exists(filepath.Join(toy, "weights.safetensors")) {
		t.Skip("the fixture folder has only the toy's recipe")
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

// TestFullSizeRecipe checks that the recipe gives the weights whose checksum it states.
func TestFullSizeRecipe(t *testing.T) {
	path := filepath.Join(Dir(t), "fullsize", "recipe.json")
	if !Exists(path) {
		t.Skip("the fixture folder has no full-size set")
	}
	recipe, err := ReadRecipe(path)
	require.NoError(t, err)
	shapes := shared.Shapes(t, filepath.Join(Dir(t), "keys", "slm_sam2_tiny_keys.tsv"))
	got, err := recipe.Draw(shapes)
	require.NoError(t, err)
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(got)) {
		h.Write([]byte(name))
		require.NoError(t, binary.Write(h, binary.LittleEndian, got[name].Data))
	}
	require.Equal(t, recipe.SHA256, hex.EncodeToString(h.Sum(nil)))
}
