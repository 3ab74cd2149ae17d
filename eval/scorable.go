package eval

import (
	"errors"
	"fmt"
	"math"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Voxels outside these sizes (mm) exist only in damaged headers, and squared distances could overflow or vanish.
const minSpacing, maxSpacing = 1e-9, 1e9

// checkScorable reports the first reason why m cannot be scored: missing data, empty or overflowing dimensions, an impossible
// spacing, or a negative label.
func checkScorable(m *volume.LabelMap) error {
	if m == nil {
		return errors.New("eval: label map is nil")
	}
	n, spacing := 1, m.Grid().Spacing
	for axis, d := range m.Dim {
		if d <= 0 {
			return fmt.Errorf("eval: label map has dimensions %v; every axis needs at least one voxel", m.Dim)
		}
		if n > math.MaxInt32/d {
			return fmt.Errorf("eval: label map of %v voxels is too large (limit 2^31-1); crop it", m.Dim)
		}
		n *= d
		if s := spacing[axis]; !(s >= minSpacing && s <= maxSpacing) {
			return fmt.Errorf("eval: label map has spacing %v mm; every axis needs one from %g to %g: correct the header", spacing, minSpacing, maxSpacing)
		}
	}
	if len(m.Data) != n {
		return fmt.Errorf("eval: label map of %v voxels holds %d values, want %d", m.Dim, len(m.Data), n)
	}
	for i, v := range m.Data {
		if v < 0 {
			return fmt.Errorf("eval: label map holds the negative label %d (index %d); labels are 0 (background) and up", v, i)
		}
	}
	return nil
}
