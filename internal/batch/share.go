package batch

import (
	"cmp"
	"slices"
)

// Share returns the cases of one part, in the dataset's order. Cases are dealt out by their number of slices, the largest
// first, each to the part that has the fewest so far: parts take about equally long, whatever the sizes of the volumes.
// Every part finds the same answer by itself.
func Share(cases []Case, sizes []int, p Part) []Case {
	order := make([]int, len(cases))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(sizes[b], sizes[a]), cmp.Compare(cases[a].Name, cases[b].Name))
	})
	load := make([]int, p.Of)
	mine := make([]bool, len(cases))
	for _, i := range order {
		least := 0
		for part := range load {
			if load[part] < load[least] {
				least = part
			}
		}
		load[least] += sizes[i]
		mine[i] = least == p.ID
	}
	var out []Case
	for i, c := range cases {
		if mine[i] {
			out = append(out, c)
		}
	}
	return out
}
