package eval

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// organFolders are the names of folders, within the folder of a case, that hold one file for each organ.
var organFolders = []string{"segmentations", "labels", "masks", "organs"}

// imageNames are the names, without extension, of images that may lie beside the organs.
var imageNames = []string{"image", "img", "ct", "mr", "mri", "pet", "scan", "t1", "t2", "flair"}

// organFiles returns the label maps in a case's folder by the name of the organ; nil if dir is not a folder or
// holds none.
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

// numberOrgans gives the organs of all case folders their labels: the study's, if it names labels, or else the numbers 1, 2,
// ... in alphabetical order. It does nothing if there are no such folders.
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
		return fmt.Errorf("eval: some cases are folders with one file per organ (%s), others single label maps; say which number is which organ with --names",
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

// organKey returns what names of the same organ, such as "Left Kidney" and left_kidney, have in common.
func organKey(name string) string {
	return strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(name))
}

func firstFew(names []string) []string { return names[:min(len(names), 5)] }
