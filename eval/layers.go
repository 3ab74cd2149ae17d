package eval

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// layers is a truth or a prediction: a single label map, or one for each organ of a case's folder. Organs may overlap. They are
// read only when needed, because there may be a hundred maps, each as large as the scan.
type layers struct {
	path  string
	whole *volume.LabelMap
	files map[int32]string // by label, if whole is nil
	notes []string
}

// open reads a label map, or lists the organs in the folder of a case.
func (e *evaluation) open(path string) (*layers, error) {
	l := &layers{path: path}
	var organs map[string]string
	var err error
	if e.organs != nil {
		if organs, err = organFiles(path); err != nil {
			return nil, err
		}
	}
	if name, ok := CaseName(path); ok && organs == nil && e.organs != nil && e.organs[organKey(name)] != 0 {
		organs = map[string]string{name: path} // the only organ of its case
	}
	if organs == nil {
		if l.whole, err = e.load(path); err != nil {
			return nil, err
		}
		l.notes = l.whole.Notes
		return l, nil
	}
	l.files = map[int32]string{}
	var left []string
	for _, name := range slices.Sorted(maps.Keys(organs)) {
		label, known := e.organs[organKey(name)]
		if !known {
			left = append(left, name)
			continue
		}
		if other := l.files[label]; other != "" {
			return nil, fmt.Errorf("eval: %s and %s are the same organ; keep one", other, organs[name])
		}
		l.files[label] = organs[name]
	}
	if len(l.files) == 0 {
		return nil, fmt.Errorf("eval: none of the organs in %s (%s) has a number in the names", path, strings.Join(firstFew(left), ", "))
	}
	if len(left) > 0 {
		l.notes = append(l.notes, "organs without a number were left out: "+strings.Join(left, ", "))
	}
	return l, nil
}

// labels returns the labels that occur in a single map, or those of the organs that have a file; ascending.
func (l *layers) labels() []int32 {
	if l.whole != nil {
		return l.whole.Labels()
	}
	return slices.Sorted(maps.Keys(l.files))
}

// layer returns the map that holds a label; nil if there is none. In an organ's file every voxel that is not background
// belongs to the organ.
func (e *evaluation) layer(l *layers, label int32) (*volume.LabelMap, error) {
	if l.whole != nil || l.files[label] == "" {
		return l.whole, nil
	}
	m, err := e.load(l.files[label])
	if err != nil {
		return nil, err
	}
	for i, v := range m.Data {
		if v != 0 {
			m.Data[i] = label
		}
	}
	return m, nil
}

// present returns the labels that occur, ascending. It reads the file of every organ, which may be empty.
func (e *evaluation) present(ctx context.Context, l *layers) ([]int32, error) {
	if l.whole != nil {
		return l.whole.Labels(), nil
	}
	var out []int32
	for _, label := range l.labels() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		m, err := e.layer(l, label)
		if err != nil {
			return nil, err
		}
		if len(m.Labels()) > 0 {
			out = append(out, label)
		}
	}
	return out, nil
}

// scoreOrgans scores the labels of a pair in which at least one side has a file for each organ.
func (e *evaluation) scoreOrgans(ctx context.Context, name, method string, truth, prediction *layers) error {
	labels := append(truth.labels(), prediction.labels()...)
	slices.Sort(labels)
	for _, label := range e.asked(slices.Compact(labels)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		t, err := e.layer(truth, label)
		if err != nil {
			return fmt.Errorf("truth: %w", err)
		}
		p, err := e.layer(prediction, label)
		if err != nil {
			return fmt.Errorf("prediction: %w", err)
		}
		if t == nil {
			t = empty(p)
		}
		if p == nil {
			p = empty(t)
		}
		scorer, err := e.scorer(prediction.path, t, p)
		if err != nil {
			return err
		}
		if slices.Contains(append(scorer.TruthLabels(), scorer.PredictionLabels()...), label) {
			e.scoreLabel(name, method, scorer, label)
		}
	}
	return nil
}

// empty returns a map of background on the grid of m.
func empty(m *volume.LabelMap) *volume.LabelMap {
	return &volume.LabelMap{Dim: m.Dim, Geom: m.Geom, Data: make([]int32, len(m.Data)), Path: m.Path}
}
