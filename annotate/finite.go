package annotate

import "math"

// MakeFinite replaces values that a client sent and that a volume cannot hold: NaN and -Inf become the smallest finite
// value, and +Inf the largest. If no value is finite, all become 0.
func MakeFinite(values []float32) {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	bad := false
	for _, x := range values {
		if x-x != 0 { // the difference is NaN for NaN and infinities
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
