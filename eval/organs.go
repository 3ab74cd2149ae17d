package eval

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// organFolders are names of folders, inside that of a case, with one file for each organ.
var organFolders = []string{"segmentations", "labels", "masks", "organs"}

// imageNames are the names of files beside organs that are none.
var imageNames = []string{"image", "img", "ct", "mr", "mri", "pet", "scan", "t1", "t2", "flair"}

// organFiles lists the label maps of a case folder by the name of the organ; nil if it holds a label map by itself.
func organFiles(dir string) (map[string]string, error) {
	info, err := os.Stat(dir)
	if err != nil || !info.IsDir() {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("eval: list cases: %w", err)
	}
	organs := map[string]string{}
	for _, e := range entries {
		if e.IsDir() && slices.Contains(organFolders, strings.ToLower(e.Name())) {
			return organFiles(filepath.Join(dir, e.Name()))
		}
		name, ok := CaseName(e.Name())
		if e.IsDir() || !ok || strings.HasPrefix(e.Name(), ".") || slices.Contains(imageNames, strings.ToLower(name)) {
			continue
		}
		if old, twice := organs[name]; twice {
			return nil, fmt.Errorf("eval: organ %q has two label maps, %s and %s; keep one", name, old, e.Name())
		}
		organs[name] = filepath.Join(dir, e.Name())
	}
	if len(organs) == 0 {
		return nil, nil
	}
	return organs, nil
}

// numberOrgans gives the organs of all case folders their labels: those that the study's names say or, without names,
// numbers in the order of the alphabet.
func (e *evaluation) numberOrgans() error {
	found := map[string]bool{}
	var files []string
	for _, cases := range append([]map[string]string{e.truth}, e.predictions...) {
		for _, path := range cases {
			organs, err := organFiles(path)
			if err != nil {
				return err
			}
			if organs == nil {
				files = append(files, path)
			}
			for name := range organs {
				found[name] = true
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	e.organs = map[string]int32{}
	for _, label := range slices.Sorted(maps.Keys(e.study.Names)) {
		if e.study.Names[label] == "" {
			continue
		}
		if err := e.numberOrgan(e.study.Names[label], label); err != nil {
			return err
		}
	}
	if len(e.study.Names) > 0 {
		return nil
	}
	if slices.ContainsFunc(files, func(path string) bool { name, _ := CaseName(path); return !found[name] }) {
		return fmt.Errorf("eval: some cases are folders with one file per organ (%s), others single label maps: tell which number is which organ with --names",
			strings.Join(firstFew(slices.Sorted(maps.Keys(found))), ", "))
	}
	e.study.Names = map[int32]string{}
	for i, name := range slices.Sorted(maps.Keys(found)) {
		if err := e.numberOrgan(name, int32(i+1)); err != nil {
			return err
		}
		e.study.Names[int32(i+1)] = name
	}
	e.result.LabelNames = e.study.Names
	return nil
}

// numberOrgan gives an organ its label. Two names of one organ would silently replace each other.
func (e *evaluation) numberOrgan(name string, label int32) error {
	if other := e.organs[organKey(name)]; other != 0 {
		return fmt.Errorf("eval: labels %d and %d are both named %q (spaces, hyphens and case aside); rename one", other, label, name)
	}
	e.organs[organKey(name)] = label
	return nil
}

// organKey compares names of organs: "Left Kidney" and left_kidney are one.
func organKey(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
}

func firstFew(names []string) []string { return names[:min(len(names), 5)] }

// layers is a truth or a prediction: a label map or, in a case folder, one for each organ, which may overlap. Organs are
// read when they are asked for: there may be a hundred, of the size of the scan.
type layers struct {
	path  string
	whole *volume.LabelMap
	files map[int32]string // by label, if whole is nil
	notes []string
}

// open reads a label map, or lists the organs of a case folder.
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

// labels lists the labels that there is a layer for, ascending.
func (l *layers) labels() []int32 {
	if l.whole != nil {
		return l.whole.Labels()
	}
	return slices.Sorted(maps.Keys(l.files))
}

// layer is the map that holds a label; nil if there is none. In an organ's file every voxel but the background is it.
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

// holds lists the labels that occur.
func (e *evaluation) holds(ctx context.Context, l *layers) ([]int32, error) {
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

// scoreOrgans scores the labels of a pair of which one at least has a file for each organ.
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

// empty is a map of background on the grid of m.
func empty(m *volume.LabelMap) *volume.LabelMap {
	return &volume.LabelMap{Dim: m.Dim, Geom: m.Geom, Data: make([]int32, len(m.Data)), Path: m.Path}
}
