package golden

import (
	"fmt"
	"math"
	"testing"
)

// Tolerance accepts |got - want| <= Abs + Rel*|want|.
type Tolerance struct{ Abs, Rel float64 }

// Module is the fixtures' tolerance for single modules: float32 against float64 differs by up to 1e-5.
var Module = Tolerance{1e-4, 1e-4}

// Close fails the test unless got is within tol of want everywhere; the message has the first place, the
// values there, and the largest difference of all.
func Close(t testing.TB, what string, want, got []float32, tol Tolerance) {
	t.Helper()
	if err := Diff(want, got, tol); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// Diff is Close as an error.
func Diff(want, got []float32, tol Tolerance) error {
	if len(want) != len(got) {
		return fmt.Errorf("got %d values, want %d", len(got), len(want))
	}
	first, worst, bad := -1, 0.0, 0
	for i := range want {
		w, g := float64(want[i]), float64(got[i])
		d := math.Abs(w - g)
		if d <= tol.Abs+tol.Rel*math.Abs(w) {
			worst = max(worst, d)
			continue
		}
		bad++
		if first < 0 {
			first = i
		}
		if d > worst || math.IsNaN(d) {
			worst = d
		}
	}
	if bad == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d values differ; first at [%d]: got %g, want %g; largest difference %g (tolerance %g + %g*|want|)",
		bad, len(want), first, got[first], want[first], worst, tol.Abs, tol.Rel)
}
