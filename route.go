package slmsam

// reach is a run of slices tracked from an outlined slice in one direction, up to and including slice last.
type reach struct {
	from, last int
	reverse    bool
}

// slices lists the tracked slices in the direction of travel, without the one it starts from.
func (r reach) slices() []int {
	var out []int
	for i := r.from + 1; i <= r.last && !r.reverse; i++ {
		out = append(out, i)
	}
	for i := r.from - 1; i >= r.last && r.reverse; i-- {
		out = append(out, i)
	}
	return out
}

// passes reports whether a slice is one of those tracked.
func (r reach) passes(slice int) bool {
	if r.reverse {
		return r.last <= slice && slice < r.from
	}
	return r.from < slice && slice <= r.last
}

// route determines how the slices in opt's range are reached from the outlined ones (ascending, within the range):
// gap by gap, from the outline at either end. Nothing is tracked past absent slices.
func route(outlined []int, absent []Span, opt Options) []reach {
	if opt.Order == Official {
		return officialRoute(outlined, opt)
	}
	var out []reach
	for k := 0; k <= len(outlined); k++ {
		left, right := -1, -1
		first, last := opt.First, opt.End-1
		if k > 0 {
			left = outlined[k-1]
			first = left + 1
		}
		if k < len(outlined) {
			right = outlined[k]
			last = right - 1
		}
		forward, backward := gapEnds(left, right, first, last, absent, opt)
		if left >= 0 && forward >= first && opt.Direction != Backward {
			out = append(out, reach{left, forward, false})
		}
		if right >= 0 && backward <= last && opt.Direction != Forward {
			out = append(out, reach{right, backward, true})
		}
	}
	return out
}

// gapEnds returns how far the slices first..last between two outlines are tracked forward from the left one and
// backward from the right one; -1 means that there is no outline.
func gapEnds(left, right, first, last int, absent []Span, opt Options) (forward, backward int) {
	forward, backward = last, first
	if left >= 0 && right >= 0 && opt.Order == Nearest && opt.Direction == Both {
		forward = first + (last-first)/2 // with an odd number of slices, the middle one is tracked forward
		backward = forward + 1
	}
	for i := first; i <= last; i++ {
		if anyContains(absent, i) {
			forward = i - 1
			break
		}
	}
	for i := last; i >= first; i-- {
		if anyContains(absent, i) {
			backward = i + 1
			break
		}
	}
	return forward, backward
}

// officialRoute goes from the first outline (from the last one if only going backward) to the end, and then back.
func officialRoute(outlined []int, opt Options) []reach {
	start := outlined[0]
	if opt.Direction == Backward {
		start = outlined[len(outlined)-1]
	}
	var out []reach
	if opt.Direction != Backward && start < opt.End-1 {
		out = append(out, reach{start, opt.End - 1, false})
	}
	if opt.Direction != Forward && start > opt.First {
		out = append(out, reach{start, opt.First, true})
	}
	return out
}
