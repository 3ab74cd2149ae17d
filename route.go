package slmsam

// reach is a way from an outlined slice in one direction, up to and including slice last.
type reach struct {
	from, last int
	reverse    bool
}

// slices lists what is passed, in the direction of travel, without the slice it comes from.
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

// passes says whether a slice lies on the way.
func (r reach) passes(slice int) bool {
	if r.reverse {
		return r.last <= slice && slice < r.from
	}
	return r.from < slice && slice <= r.last
}

// route says how the slices of opt's range are reached from the outlined ones (ascending, within the range): gap by
// gap, from the outline at either end. Absent slices are walls that no way passes.
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
		forward, backward := meet(left, right, first, last, absent, opt)
		if left >= 0 && forward >= first && opt.Direction != Backward {
			out = append(out, reach{left, forward, false})
		}
		if right >= 0 && backward <= last && opt.Direction != Forward {
			out = append(out, reach{right, backward, true})
		}
	}
	return out
}

// meet says how far the slices first..last between two outlines are tracked forward from the left one and backward
// from the right one; an outline of -1 is not there.
func meet(left, right, first, last int, absent []Span, opt Options) (forward, backward int) {
	forward, backward = last, first
	if left >= 0 && right >= 0 && opt.Order == Nearest && opt.Direction == Both {
		forward = first + (last-first)/2 // the middle one of an odd number is tracked forward
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

// officialRoute goes from the first outline (the last, when only going backward) to the end, then back.
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
