// Package masks measures masks of slices, and finds what is connected in them.
package masks

// Area returns the number of pixels in a mask.
func Area(mask []bool) int {
	n := 0
	for _, on := range mask {
		if on {
			n++
		}
	}
	return n
}

// Holding returns the index of the mask that holds a pixel, by number, if the pixels of masks with these areas are counted in order; the
// last one if there are not so many.
func Holding(areas []int, pixel int) int {
	for i, area := range areas {
		if pixel -= area; pixel < 0 {
			return i
		}
	}
	return len(areas) - 1
}

// Positive returns the mask of the positive values.
func Positive(values []float32) []bool {
	out := make([]bool, len(values))
	for i, v := range values {
		out[i] = v > 0
	}
	return out
}

// Dice returns the Dice coefficient of two masks of the same size; 0 if both are empty.
func Dice(a, b []bool) float64 {
	both, sum := 0, 0
	for i := range a {
		if a[i] && b[i] {
			both++
		}
		if a[i] {
			sum++
		}
		if b[i] {
			sum++
		}
	}
	return 2 * float64(both) / float64(max(sum, 1))
}
