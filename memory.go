package slmsam

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Memory says which memory banks the features attend to and how far back they reach: "M7" is SAM 2's (all prompted
// slices and 6 recent ones), "R1" only the most recent slice, and "M7+R1" both, as in SLM-SAM 2.
type Memory struct {
	Long  int // slices in the long bank, with all prompted ones counting as one; 0: no long bank
	Short int // slices in the short bank; 0: no short bank
}

// ShortLong is the paper's setting.
var ShortLong = Memory{Long: 7, Short: 1}

// ParseMemory reads "M7", "R7", "R1", "M7+R7", "M7+R1", and the like.
func ParseMemory(s string) (Memory, error) {
	var m Memory
	for _, part := range strings.Split(strings.ToUpper(strings.TrimSpace(s)), "+") {
		bank := map[string]*int{"M": &m.Long, "R": &m.Short}[part[:min(1, len(part))]]
		if bank == nil || *bank != 0 {
			return Memory{}, fmt.Errorf("memory %q: want M7, R7, R1, M7+R7 or M7+R1", s)
		}
		n, err := strconv.Atoi(part[1:])
		if err != nil || n < 1 || n > 16 {
			return Memory{}, fmt.Errorf("memory %q: want a number of slices from 1 to 16 after %s", s, part[:1])
		}
		*bank = n
	}
	return m, nil
}

// String is the inverse of ParseMemory.
func (m Memory) String() string {
	var parts []string
	if m.Long > 0 {
		parts = append(parts, fmt.Sprintf("M%d", m.Long))
	}
	if m.Short > 0 {
		parts = append(parts, fmt.Sprintf("R%d", m.Short))
	}
	return strings.Join(parts, "+")
}

// MarshalJSON writes the memory as a string, as in "M7+R1".
func (m Memory) MarshalJSON() ([]byte, error) { return json.Marshal(m.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (m *Memory) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return err
	}
	var err error
	*m, err = ParseMemory(s)
	return err
}

// validate checks the reach against the number of temporal positions in the checkpoint.
func (m Memory) validate(frames int) error {
	if m.Long == 0 && m.Short == 0 {
		return fmt.Errorf("slmsam: memory: at least one bank is needed")
	}
	if m.Long > frames || m.Short > frames {
		return fmt.Errorf("slmsam: memory %s reaches further than the model's %d temporal positions", m, frames)
	}
	return nil
}
