package report

import (
	"cmp"
	"slices"
)

// pick is an object on a slice that is shown.
type pick struct {
	object int // in Study.Objects
	Slice
}

// doubtful picks at most n of the doubtful slices, the worst first, and returns their total number. One of several
// neighboring slices with the same object stands for all of them if there is no room for all.
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

// others picks at most n slices of an object in addition to those already shown: doubtful ones that are not, up to half of
// n; outlined ones, up to half of what is left or more if there is room; and then evenly spaced ones among the rest. filled
// lists the slices with the object, ascending.
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
