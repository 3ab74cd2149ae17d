package volume

import (
	"fmt"
	"slices"
)

// maxCopies is the largest number of slices at one place that are compared. More than that are time points.
const maxCopies = 4

// dropCopies removes duplicate slices, which have the same place and the same pixels, whether or not their instance UIDs are
// equal. Two files with the same instance UID but different pixels are an error.
func dropCopies(stack []*dicomFrame) ([]*dicomFrame, []string, error) {
	type place struct {
		position [3]float64
		placed   bool
		number   float64
	}
	of := func(s *dicomFrame) place {
		if s.placed {
			return place{position: s.position, placed: true}
		}
		return place{number: s.number}
	}
	at := map[place][]*dicomFrame{}
	for _, s := range stack {
		at[of(s)] = append(at[of(s)], s)
	}
	if len(at) == len(stack) {
		return stack, nil, nil
	}
	copies := map[*dicomFrame]bool{}
	var names []string
	for _, s := range stack {
		if len(at[of(s)]) > maxCopies {
			continue
		}
		for _, t := range at[of(s)] {
			if t.file == s.file || copies[t] || copies[s] {
				continue
			}
			same, err := samePixels(t, s)
			if err != nil {
				return nil, nil, err
			}
			if same && (s.placed || s.file.instance == t.file.instance) {
				copies[t] = true
				names = append(names, t.name())
			} else if s.file.instance == t.file.instance && s.file.instance != "" {
				return nil, nil, fmt.Errorf("%s and %s claim to be the same instance (%s) but their pixels differ: remove one of them", s.name(), t.name(), s.file.instance)
			}
		}
	}
	if len(names) == 0 {
		return stack, nil, nil
	}
	kept := slices.DeleteFunc(slices.Clone(stack), func(s *dicomFrame) bool { return copies[s] })
	slices.Sort(names)
	return kept, []string{fmt.Sprintf("left out: %s (copies of other slices)", shortList(names))}, nil
}

// samePixels compares the values of two slices.
func samePixels(a, b *dicomFrame) (bool, error) {
	if a.slope != b.slope || a.inter != b.inter {
		return false, nil
	}
	var first []float64
	same := false
	err := eachFrame([]*dicomFrame{a, b}, func(i int, _ *dicomFrame, values []float64) error {
		if i == 0 {
			first = values
		} else {
			same = slices.Equal(first, values)
		}
		return nil
	})
	return same, err
}
