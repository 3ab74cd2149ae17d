package slmsam

// filledHole is the logit given to a hole's pixels (SAM 2's fill_holes_in_mask_scores).
const filledHole = 0.1

// FillHoles sets the pixels of every background component (logit <= 0, 8-connected) of at most area pixels to 0.1, in
// place, and reports whether it changed anything. logits is [h,w].
func FillHoles(logits []float32, h, w, area int) bool {
	if area <= 0 {
		return false
	}
	seen := make([]bool, len(logits))
	var stack, component []int
	changed := false
	for seed := range logits {
		if seen[seed] || logits[seed] > 0 {
			continue
		}
		component = component[:0]
		stack = append(stack[:0], seed)
		seen[seed] = true
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if len(component) <= area { // a larger component needs no list
				component = append(component, p)
			}
			for y := max(p/w-1, 0); y <= min(p/w+1, h-1); y++ {
				for x := max(p%w-1, 0); x <= min(p%w+1, w-1); x++ {
					if q := y*w + x; !seen[q] && logits[q] <= 0 {
						seen[q] = true
						stack = append(stack, q)
					}
				}
			}
		}
		if len(component) <= area {
			changed = true
			for _, p := range component {
				logits[p] = filledHole
			}
		}
	}
	return changed
}
