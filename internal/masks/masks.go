// Package masks measures masks of slices.
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
