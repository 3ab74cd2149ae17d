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
	fmt.Fprintln(w, "| outlines | whole volume | in range | in the gaps | worse, whole volume | worse, in range |")
	fmt.Fprintln(w, "|---|---|---|---|---|---|")
	for k := range rounds {
		var mean round
		worse := [2][]string{} // whole volume, in range
		for _, o := range complete {
			r := o.rounds[k]
			n := float64(len(complete))
			mean.whole, mean.inRange, mean.gaps = mean.whole+r.whole/n, mean.inRange+r.inRange/n, mean.gaps+r.gaps/n
			if k == 0 {
				continue
			}
			before := o.rounds[k-1]
			for i, change := range []float64{r.whole - before.whole, r.inRange - before.inRange} {
				if change < -tolerance {
					worse[i] = append(worse[i], fmt.Sprintf("%s:%d (%.3f)", o.name, o.label, change))
				}
			}
		}
		fmt.Fprintf(w, "| %d | %.3f | %.3f | %.3f | %d | %d |\n", k+1, mean.whole, mean.inRange, mean.gaps, len(worse[0]), len(worse[1]))
		for i, what := range []string{"whole volume", "in range"} {
			if len(worse[i]) > 0 {
				defer fmt.Fprintf(w, "\nworse with %d outlines, %s: %s\n", k+1, what, strings.Join(worse[i], ", "))
			}
		}
	}
}
