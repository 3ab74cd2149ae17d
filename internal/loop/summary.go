package main

import (
	"fmt"
	"io"
	"strings"
)

// tolerance is how much worse an object may get by a correction before it counts.
const tolerance = 0.01

// summarize prints the table of docs/loop.md: means over objects, by the number of outlines.
func summarize(w io.Writer, all []object, rounds int) {
	var complete []object // those that went through all rounds
	for _, o := range all {
		if len(o.rounds) == rounds {
			complete = append(complete, o)
		}
	}
	fmt.Fprintf(w, "%d objects, %d of them through all rounds\n\n", len(all), len(complete))
	if len(complete) == 0 {
		return
	}
	fmt.Fprintln(w, "| outlines | whole volume | in range | in the gaps | objects that got worse |")
	fmt.Fprintln(w, "|---|---|---|---|---|")
	for k := range rounds {
		var mean round
		var worse []string
		for _, o := range complete {
			r := o.rounds[k]
			n := float64(len(complete))
			mean.whole, mean.inRange, mean.gaps = mean.whole+r.whole/n, mean.inRange+r.inRange/n, mean.gaps+r.gaps/n
			if k > 0 && r.whole < o.rounds[k-1].whole-tolerance {
				worse = append(worse, fmt.Sprintf("%s:%d (%.3f)", o.name, o.label, r.whole-o.rounds[k-1].whole))
			}
		}
		fmt.Fprintf(w, "| %d | %.3f | %.3f | %.3f | %d |\n", k+1, mean.whole, mean.inRange, mean.gaps, len(worse))
		if len(worse) > 0 {
			defer fmt.Fprintf(w, "\nworse with %d outlines: %s\n", k+1, strings.Join(worse, ", "))
		}
	}
}
