package eval

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/volume"
)

// checkScorable reports the first reason why m cannot be scored: missing data, empty or overflowing dimensions, an impossible
// spacing, or a negative label.
func checkScorable(m *volume.LabelMap) error {
	if m == nil {
		return errors.New("eval: label map is nil")
	}
	n := 1
	for _, d := range m.Dim {
		if d <= 0 {
			return fmt.Errorf("eval: label map has dimensions %v; every axis needs at least one voxel", m.Dim)
		}
		if n > math.MaxInt32/d {
			return fmt.Errorf("eval: label map of %v voxels is too large (limit 2^31-1); crop it", m.Dim)
		}
		n *= d
	}
	if len(m.Data) != n {
		return fmt.Errorf("eval: label map of %v voxels holds %d values, want %d", m.Dim, len(m.Data), n)
	}
	if err := m.Grid().Check(); err != nil {
		return fmt.Errorf("eval: label map with %w", err)
	}
	for i, v := range m.Data {
		if v < 0 {
			return fmt.Errorf("eval: label map holds the negative label %d (index %d); labels are 0 (background) and up", v, i)
		}
	}
	return nil
}
