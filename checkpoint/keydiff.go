package checkpoint

import (
	"fmt"
	"slices"
	"sort"
	"strings"
)

// maxKeysListed bounds each list of a key mismatch, so that the wrong architecture
// does not fill the screen.
const maxKeysListed = 20

// KeyDiff compares the tensors of a checkpoint with the names and shapes that a model
// needs. If they differ, it returns one error that lists the missing and unexpected keys
// and those with another shape, sorted, at most 20 of each, and counts the rest.
func KeyDiff(want map[string][]int, have map[string]*Tensor) error {
	var missing, unexpected, shapes []string
	for name, shape := range want {
		t := have[name]
		switch {
		case t == nil:
			missing = append(missing, fmt.Sprintf("%s %v", name, shape))
		case !slices.Equal(shape, t.Shape):
			shapes = append(shapes, fmt.Sprintf("%s: got %v, want %v", name, t.Shape, shape))
		}
	}
	for name, t := range have {
		if _, ok := want[name]; !ok {
			unexpected = append(unexpected, fmt.Sprintf("%s %v", name, t.Shape))
		}
	}
	if len(missing)+len(unexpected)+len(shapes) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "checkpoint: the weights do not fit the model: %d missing, %d unexpected, %d with another shape (of %d expected)",
		len(missing), len(unexpected), len(shapes), len(want))
	listKeys(&b, "missing", missing)
	listKeys(&b, "unexpected", unexpected)
	listKeys(&b, "shape", shapes)
	return fmt.Errorf("%s", b.String())
}

// listKeys writes a section of the error of KeyDiff.
func listKeys(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	sort.Strings(lines)
	fmt.Fprintf(b, "\n  %s:", title)
	for _, line := range lines[:min(len(lines), maxKeysListed)] {
		fmt.Fprintf(b, "\n    %s", line)
	}
	if rest := len(lines) - maxKeysListed; rest > 0 {
		fmt.Fprintf(b, "\n    ... and %d more", rest)
	}
}
