package eval

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// roleEnding is what programs add to the name of a case for its image's channel or its label map.
var roleEnding = regexp.MustCompile(`(?i)([_-](0\d{3}|label|labels|labelmap|mask|seg|segmentation|pred|prediction|gt|truth|slmsam))+$`)

// caseKey is a case's name without such endings.
func caseKey(name string) string {
	if key := roleEnding.ReplaceAllString(name, ""); key != "" {
		return strings.ToLower(key)
	}
	return strings.ToLower(name)
}

// pairNames renames predictions whose names differ from those of the truth by such endings only, as c1_0000 and c1; each
// must have just one counterpart. It returns a note for them.
func pairNames(cases, truth map[string]string) (map[string]string, []string) {
	byKey := map[string][]string{} // truth without a prediction of its own name
	for name := range truth {
		if cases[name] == "" {
			byKey[caseKey(name)] = append(byKey[caseKey(name)], name)
		}
	}
	rivals := map[string]int{}
	for name := range cases {
		if truth[name] == "" {
			rivals[caseKey(name)]++
		}
	}
	out := map[string]string{}
	var pairs []string
	for name, path := range cases {
		key := caseKey(name)
		if truth[name] == "" && len(byKey[key]) == 1 && rivals[key] == 1 {
			pairs = append(pairs, fmt.Sprintf("%s with %s", name, byKey[key][0]))
			name = byKey[key][0]
		}
		out[name] = path
	}
	if len(pairs) == 0 {
		return out, nil
	}
	slices.Sort(pairs)
	more := ""
	if len(pairs) > 3 {
		more = fmt.Sprintf(" and %d more", len(pairs)-3)
	}
	return out, []string{"paired although the names end differently: " + strings.Join(pairs[:min(3, len(pairs))], ", ") + more}
}

// hint says what is like a name that has no counterpart.
func hint(name string, others map[string]string) string {
	for other := range others {
		if caseKey(other) == caseKey(name) {
			return fmt.Sprintf(" (is %s meant? Several names are alike)", filepath.Base(others[other]))
		}
	}
	return ""
}
