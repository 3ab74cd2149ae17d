package slmsam

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Span is the slices First to End-1; in JSON, [First, End].
type Span struct{ First, End int }

// MarshalJSON writes the span as [First, End].
func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal([2]int{s.First, s.End}) }

// UnmarshalJSON reads what MarshalJSON writes.
func (s *Span) UnmarshalJSON(data []byte) error {
	var v [2]int
	err := json.Unmarshal(data, &v)
	s.First, s.End = v[0], v[1]
	return err
}

// Contains reports whether a slice is in the span.
func (s Span) Contains(slice int) bool { return s.First <= slice && slice < s.End }

// String formats a span as on the command line, "3:8".
func (s Span) String() string { return fmt.Sprintf("%d:%d", s.First, s.End) }

// anyContains reports whether a slice is in any of the spans.
func anyContains(spans []Span, slice int) bool {
	return slices.ContainsFunc(spans, func(s Span) bool { return s.Contains(slice) })
}

// Ranges formats ascending numbers as "3-7, 9".
func Ranges(n []int) string {
	var parts []string
	for i := 0; i < len(n); {
		j := i
		for j+1 < len(n) && n[j+1] == n[j]+1 {
			j++
		}
		part := strconv.Itoa(n[i])
		if j > i {
			part += "-" + strconv.Itoa(n[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
