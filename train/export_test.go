package train

import (
	"context"

	"github.com/seed-6f79f512/slmsam"
)

// PaperRecipeAt returns the position in the schedule of the paper's recipe after a number of steps.
func PaperRecipeAt(step, total int) float64 {
	_, where := Paper().at(step, total, 0)
	return where
}

// Validate scores a model on every object of a source.
func Validate(ctx context.Context, m *slmsam.Model, s Source, mem slmsam.Memory) (*Validation, error) {
	return (&validator{model: m, memory: mem}).validate(ctx, s)
}

// NoAugment returns settings that leave the slices unchanged.
func NoAugment() Augment { return noAugment() }
