package project

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// grid is the shape of a document's volume.
type grid struct {
	dim  [3]int
	axis int // the axis that the slices are across
}

func (g grid) slices() int { return g.dim[g.axis] }

func (g grid) size() (h, w int) { return volume.SliceSize(g.dim, g.axis) }

func (g grid) pixels() int {
	h, w := g.size()
	return h * w
}

// Object is a label's name and appearance.
type Object struct {
	Name   string `json:"name"`
	Color  string `json:"color"` // #rrggbb
	Locked bool   `json:"locked,omitempty"`
	Hidden bool   `json:"hidden,omitempty"`
}

// MarkState is the state of an object on a slice.
type MarkState string

// The states. A slice without a mark has never been computed.
const (
	Outlined  MarkState = "outlined"  // the annotator outlined the object
	Absent    MarkState = "absent"    // the annotator says that the object is not there
	Tracked   MarkState = "tracked"   // the model found the object
	NotFound  MarkState = "notfound"  // the model judged the object to be absent
	Forgotten MarkState = "forgotten" // the annotator took back an outline or absence
)

// Mark is what is known about an object on a slice.
type Mark struct {
	State    MarkState `json:"state"`
	Changed  bool      `json:"changed,omitempty"`  // by the annotator, since the last propagation
	Accepted bool      `json:"accepted,omitempty"` // an annotator agreed with the model
	Score    *float64  `json:"score,omitempty"`    // logit of the object's presence
	Doubts   []Doubt   `json:"doubts,omitempty"`
}

// Doubt is a reason to check a slice.
type Doubt struct {
	Reason string  `json:"reason"`
	Weight float64 `json:"weight"` // 0 to 1
}

// Meta holds what concerns the volume as a whole.
type Meta struct {
	Reviewed bool `json:"reviewed,omitempty"`
}

const metaKey = "meta"

func planeKey(slice int) string        { return "plane:" + strconv.Itoa(slice) }
func objectKey(label int) string       { return "object:" + strconv.Itoa(label) }
func markKey(label, slice int) string  { return fmt.Sprintf("mark:%d:%d", label, slice) }
func meta(m Meta) json.RawMessage      { return jsonOf(m) }
func markValue(m Mark) json.RawMessage { return jsonOf(m) }

// state holds a document's decoded values.
type state struct {
	grid    grid
	values  Values
	objects map[int]Object
	marks   map[int]map[int]Mark // by label, then slice
	meta    Meta
}

// state decodes the document's values. The lock is held.
func (d *Document) state() (*state, error) { return decode(d.grid, d.values) }

// decode decodes a document's values.
func decode(g grid, values Values) (*state, error) {
	s := &state{grid: g, values: values, objects: map[int]Object{}, marks: map[int]map[int]Mark{}}
	for key, value := range values {
		if err := s.decode(key, value); err != nil {
			return nil, fmt.Errorf("the document's value %s is damaged: %w", key, err)
		}
	}
	return s, nil
}

// decode decodes one value.
func (s *state) decode(key string, value json.RawMessage) error {
	kind, rest, _ := strings.Cut(key, ":")
	switch kind {
	case "object":
		label, err := strconv.Atoi(rest)
		if err != nil {
			return err
		}
		var o Object
		err = json.Unmarshal(value, &o)
		s.objects[label] = o
		return err
	case "mark":
		var label, slice int
		if _, err := fmt.Sscanf(rest, "%d:%d", &label, &slice); err != nil {
			return err
		}
		var m Mark
		if s.marks[label] == nil {
			s.marks[label] = map[int]Mark{}
		}
		err := json.Unmarshal(value, &m)
		s.marks[label][slice] = m
		return err
	case "meta":
		return json.Unmarshal(value, &s.meta)
	}
	return nil // planes are decoded on demand
}

// plane returns a copy of a slice's labels.
func (s *state) plane(slice int) ([]uint8, error) {
	raw, ok := s.values[planeKey(slice)]
	if !ok {
		return make([]uint8, s.grid.pixels()), nil
	}
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return nil, fmt.Errorf("slice %d is damaged: %w", slice, err)
	}
	return DecodePlane(text, s.grid.pixels())
}

// labels lists the objects' labels, ascending.
func (s *state) labels() []int { return slices.Sorted(maps.Keys(s.objects)) }

// on lists the slices on which an object has one of the given states, ascending.
func (s *state) on(label int, states ...MarkState) (out []int) {
	for slice, m := range s.marks[label] {
		if slices.Contains(states, m.State) {
			out = append(out, slice)
		}
	}
	slices.Sort(out)
	return out
}

// propagated reports whether an object has been propagated before.
func (s *state) propagated(label int) bool { return len(s.on(label, Tracked, NotFound)) > 0 }

// legend returns the objects' names and colors.
func (s *state) legend() map[int32]volume.Label {
	out := map[int32]volume.Label{}
	for label, o := range s.objects {
		l := volume.Label{Name: o.Name}
		if _, err := fmt.Sscanf(o.Color, "#%02x%02x%02x", &l.Color.R, &l.Color.G, &l.Color.B); err == nil {
			l.Color.A = 255
		}
		out[int32(label)] = l
	}
	return out
}

// labelMap assembles the label map, on the volume's grid.
func (s *state) labelMap(geom volume.Geometry) (*volume.LabelMap, error) {
	l := &volume.LabelMap{Dim: s.grid.dim, Geom: geom, Data: make([]int32, s.grid.dim[0]*s.grid.dim[1]*s.grid.dim[2]), Legend: s.legend()}
	wide := make([]int32, s.grid.pixels())
	for slice := range s.grid.slices() {
		if _, drawn := s.values[planeKey(slice)]; !drawn {
			continue
		}
		pix, err := s.plane(slice)
		if err != nil {
			return nil, err
		}
		for i, label := range pix {
			wide[i] = int32(label)
		}
		l.SetSlice(s.grid.axis, slice, wide)
	}
	return l, nil
}

// State says how far the work on a volume is.
type State string

// The states of a volume.
const (
	New        State = "new"
	InOutline  State = "outlined"
	Propagated State = "propagated"
	Reviewed   State = "reviewed"
)

func (s *state) progress() State {
	switch {
	case s.meta.Reviewed:
		return Reviewed
	case slices.ContainsFunc(s.labels(), s.propagated):
		return Propagated
	case slices.ContainsFunc(s.labels(), func(l int) bool { return len(s.on(l, Outlined)) > 0 }):
		return InOutline
	}
	return New
}
