package report

import (
	"cmp"
	"slices"
)

// pick is one object on one slice that is to be shown.
type pick struct {
	object int // in Study.Objects
	Slice
}

// doubtful picks at most n of all doubtful slices, the worst first. Of neighboring ones with the same object one
// stands for all as long as others want the room. total is how many there are.
func (s Study) doubtful(n int) (picks []pick, total int) {
	var all []pick
	for i, o := range s.Objects {
		for _, sl := range o.Slices {
			if sl.doubtful() {
				all = append(all, pick{i, sl})
			}
		}
	}
	slices.SortStableFunc(all, worseFirst)
	const apart = 2
	var spare []pick
	for _, p := range all {
		beside := func(q pick) bool { return q.object == p.object && abs(q.Index-p.Index) <= apart }
		if slices.ContainsFunc(picks, beside) {
			spare = append(spare, p)
		} else {
			picks = append(picks, p)
		}
	}
	picks = append(picks[:min(n, len(picks))], spare[:min(len(spare), max(0, n-len(picks)))]...)
	slices.SortStableFunc(picks, worseFirst)
	return picks, len(all)
}

func worseFirst(a, b pick) int {
	switch {
	case a.Severity > b.Severity:
		return -1
	case a.Severity < b.Severity:
		return 1
	}
	return cmp.Or(len(b.Doubts)-len(a.Doubts), a.object-b.object, a.Index-b.Index)
}

// others picks at most n slices of an object beside those already shown: doubtful ones that had no room there, then
// outlined ones, each at most half of what is left, then an even choice of the rest that hold it. filled are the
// slices that do, ascending.
func (s Study) others(object, n int, filled []int, shown []pick) []pick {
	o := s.Objects[object]
	taken := map[int]bool{}
	for _, p := range shown {
		taken[p.Index] = taken[p.Index] || p.object == object
	}
	var out []pick
	for _, sl := range o.Slices {
		if sl.doubtful() && !taken[sl.Index] {
			out = append(out, pick{object, sl})
		}
	}
	slices.SortStableFunc(out, worseFirst)
	out = out[:min(len(out), n/2)]
	for _, p := range out {
		taken[p.Index] = true
	}
	n -= len(out)
	var outlined, rest []int
	for _, z := range filled {
		switch {
		case taken[z]:
		case o.at(z).Outlined:
			outlined = append(outlined, z)
		default:
			rest = append(rest, z)
		}
	}
	outlined = evenly(outlined, max(n-len(rest), (n+1)/2))
	for _, z := range append(slices.Clone(outlined), evenly(rest, n-len(outlined))...) {
		out = append(out, pick{object, o.at(z)})
	}
	return out
}
