package annotate

import "math"

// MakeFinite replaces values that no volume can hold, as clients send them: NaN and -Inf become the smallest
// finite value, +Inf the largest, all 0 where nothing is finite.
func MakeFinite(values []float32) {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	bad := false
	for _, x := range values {
		if x-x != 0 { // NaN for NaN and for infinities
			bad = true
			continue
		}
		lo, hi = min(lo, x), max(hi, x)
	}
	if !bad {
		return
	}
	if lo > hi {
		lo, hi = 0, 0
	}
	for i, x := range values {
		switch {
		case x-x == 0:
		case x > 0:
			values[i] = hi
		default:
			values[i] = lo
		}
	}
}
