package kerneltest

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Tolerance accepts got when |got - want| <= Abs + Rel*|want|. NaN equals NaN, and nothing else.
type Tolerance struct {
	Abs, Rel float64
	Reason   string
}

// The tolerances of the suite. Operands are normal random numbers unless a case says otherwise.
var (
	Exact     = Tolerance{0, 0, "copies and comparisons do no arithmetic"}
	rounding  = Tolerance{1e-6, 1e-6, "a few roundings of numbers near 1, in any order, fused or not"}
	functions = Tolerance{3e-6, 1e-5, "exp and erf: WGSL allows exp 3 + 2|x| ulp, erf comes from a polynomial"}
	softmax   = Tolerance{3e-5, 3e-5, "exp amplifies the rounding of scores of size 5; then a weighted mean"}
	sharp     = Tolerance{2e-3, 1e-4, "scores of size 1000 are known to 1e-4 only, and exp turns that into a relative error"}
	normRows  = Tolerance{1e-5, 1e-5, "mean and variance of a row in float32"}
	farMean   = Tolerance{2e-4, 1e-5, "a mean of 100 is rounded to 4e-6, deviations are near 1; E[x^2]-mean^2 would fail"}
	flatRows  = Tolerance{2e-3, 1e-5, "a constant row: a rounded mean over sqrt(Eps) = 1/1000"}
	positives = Tolerance{1e-4, 2e-5, "a float32 tree sum of positive terms with exp and log in them"}
)

// sums is the tolerance of a sum of n products of normal numbers: partial sums grow like sqrt(n), each
// addition rounds them, and the errors add up at random, in all about n * 2^-24; among a million sums in order of
// k some err by five times that.
func sums(n int) Tolerance {
	return Tolerance{2e-6 + 3e-7*float64(n), 1e-6, fmt.Sprintf("a float32 sum of %d terms in any order", n)}
}

// scaled returns the tolerance for operands that are f times larger.
func (tol Tolerance) scaled(f float64) Tolerance {
	tol.Abs *= f
	return tol
}

// Check fails the test if an element is off. The message lists elements, and where the largest difference is.
func (tol Tolerance) Check(t testing.TB, name string, got, want []float32) {
	t.Helper()
	if err := tol.Compare(name, got, want); err != nil {
		t.Error(err)
	}
}

// maxMismatches limits the number of wrong elements that a message lists.
const maxMismatches = 5

// Compare is Check, but returns an error.
func (tol Tolerance) Compare(name string, got, want []float32) error {
	if len(got) != len(want) {
		return fmt.Errorf("%s: got %d elements, want %d", name, len(got), len(want))
	}
	var lines strings.Builder
	wrong, largest, at := 0, -1.0, 0
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		if g == w || math.IsNaN(g) && math.IsNaN(w) {
			continue
		}
		diff := math.Abs(g - w)
		if math.IsNaN(diff) {
			diff = math.Inf(1)
		}
		if diff > largest {
			largest, at = diff, i
		}
		if !math.IsInf(diff, 0) && diff <= tol.Abs+tol.Rel*math.Abs(w) {
			continue
		}
		if wrong++; wrong <= maxMismatches {
			fmt.Fprintf(&lines, "\n%s[%d]: got %g, want %g", name, i, g, w)
		}
	}
	if wrong == 0 {
		return nil
	}
	return fmt.Errorf("%s: %d of %d elements are off; largest difference %.3g at [%d]: got %g, want %g; tolerance %g + %g*|want| (%s)%s",
		name, wrong, len(got), largest, at, got[at], want[at], tol.Abs, tol.Rel, tol.Reason, lines.String())
}
