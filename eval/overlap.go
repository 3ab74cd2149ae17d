package eval

// Overlap is the Dice coefficient of two masks of one slice; 1 if both are empty.
func Overlap(a, b []bool) float64 {
	both, sum := 0, 0
	for i := range a {
		if a[i] {
			sum++
		}
		if b[i] {
			sum++
		}
		if a[i] && b[i] {
			both++
		}
	}
	if sum == 0 {
		return 1
	}
	return 2 * float64(both) / float64(sum)
}
