package masks

// Flood marks start's 4-connected component of unmarked mask pixels and calls visit for each. Rows have w pixels.
func Flood(mask, marked []bool, w, start int, visit func(i int)) {
	stack := append(make([]int, 0, 4*w), start)
	marked[start] = true
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(i)
		for _, n := range [4]int{i - w, i + w, i - 1, i + 1} {
			if n < 0 || n >= len(mask) || (n == i-1 && i%w == 0) || (n == i+1 && n%w == 0) || !mask[n] || marked[n] {
				continue
			}
			marked[n] = true
			stack = append(stack, n)
		}
	}
}

// Component returns the 4-connected component of a mask that holds pixel start. Rows have w pixels.
func Component(mask []bool, w, start int) []bool {
	out := make([]bool, len(mask))
	if mask[start] {
		Flood(mask, out, w, start, func(int) {})
	}
	return out
}

// Filled returns a mask with its holes filled: background that is not connected to the border. Rows have w pixels.
func Filled(mask []bool, w int) []bool {
	back, open := make([]bool, len(mask)), make([]bool, len(mask))
	for i, on := range mask {
		back[i] = !on
	}
	h := len(mask) / w
	for i := range back {
		y, x := i/w, i%w
		if border := y == 0 || x == 0 || y == h-1 || x == w-1; border && back[i] && !open[i] {
			Flood(back, open, w, i, func(int) {})
		}
	}
	out := make([]bool, len(mask))
	for i := range out {
		out[i] = !open[i]
	}
	return out
}
