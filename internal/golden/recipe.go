package golden

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	"github.com/seed-6f79f512/slmsam/checkpoint"
)

// draw makes the n elements of the tensor name, row-major: float32(mean + std*normal).
func draw(seed, name string, n int, mean, std float64) []float32 {
	d := checkpoint.NewDraws(seed, name)
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(mean + float64(std*d.Normal(i))) // the conversion forbids a fused multiply-add
	}
	return out
}

// Recipe is a recipe.json: reproducible random weights without the weights.
type Recipe struct {
	Seed    int64                 `json:"seed"`
	MeanStd map[string][2]float64 `json:"mean_std"` // by state-dict key
	SHA256  string                `json:"sha256"`   // optional, over all tensors: name, then values, in name order
}

// ReadRecipe reads a recipe.json.
func ReadRecipe(path string) (*Recipe, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("golden: recipe: %w", err)
	}
	r := &Recipe{}
	if err := json.Unmarshal(raw, r); err != nil {
		return nil, fmt.Errorf("golden: recipe %s: %w", path, err)
	}
	if len(r.MeanStd) == 0 {
		return nil, fmt.Errorf(`golden: recipe %s: no "mean_std"`, path)
	}
	return r, nil
}

// Draw makes all tensors of shapes (by state-dict key). A key without mean and
// deviation is an error.
func (r *Recipe) Draw(shapes map[string][]int) (map[string]*checkpoint.Tensor, error) {
	out := make(map[string]*checkpoint.Tensor, len(shapes))
	for name, shape := range shapes {
		ms, ok := r.MeanStd[name]
		if !ok {
			return nil, fmt.Errorf("golden: the recipe has no mean and deviation for %q", name)
		}
		n := 1
		for _, side := range shape {
			n *= side
		}
		out[name] = checkpoint.NewF32(draw(strconv.FormatInt(r.Seed, 10), name, n, ms[0], ms[1]), shape...)
	}
	return out, nil
}
