package eval

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// labelNames are the file names, without extension, that identify the label map in the folder of a case.
var labelNames = []string{"label", "labels", "mask", "seg", "segmentation", "prediction"}

// seriesExtensions are those of files that make their folder a label map itself: a stack of slices.
var seriesExtensions = []string{".png", ".jpg", ".jpeg", ".dcm"}

// CaseName returns the name of a case: the path without its folders and without the extension of a label map. It returns
// false if the path has no such extension.
func CaseName(path string) (string, bool) {
	name, _, ok := volume.CutExtension(path)
	return name, ok
}

// FindCases returns the path of each case in dir by name. A case is a label-map file (case.nii.gz, .nii, .nrrd, .mha, ...) or
// a folder. The path of a folder is that of its label map, which is called label, mask, seg or the like, or is its only one.
// It is the folder's own if that has a file for each organ or a stack of PNG, JPEG or DICOM slices. Other files and folders
// are returned in ignored. Two label maps for one case are an error. If dir is itself a label-map file, it is the only case.
func FindCases(dir string) (cases map[string]string, ignored []string, err error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		name, ok := CaseName(dir)
		if !ok {
			return nil, nil, fmt.Errorf("eval: %s does not have the extension of a label map; expected a folder, or a file such as case01.nii.gz, "+
				".nii, .nrrd or .mha", dir)
		}
		return map[string]string{name: dir}, nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, fmt.Errorf("eval: list cases: %w", err)
	}
	cases = make(map[string]string)
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || strings.HasSuffix(e.Name(), ".slmsam.json") { // hidden, or the record of a result
			continue
		}
		path := filepath.Join(dir, e.Name())
		info, err := os.Stat(path) // follows links
		if err != nil {
			return nil, nil, fmt.Errorf("eval: list cases: %w", err)
		}
		name, ok := CaseName(path)
		if info.IsDir() {
			name = e.Name()
			path, ok, err = labelFile(path)
			if err != nil {
				return nil, nil, err
			}
		}
		if !ok {
			ignored = append(ignored, filepath.Join(dir, e.Name()))
			continue
		}
		if old, twice := cases[name]; twice {
			return nil, nil, fmt.Errorf("eval: case %q has two label maps, %s and %s; keep one", name, old, path)
		}
		cases[name] = path
	}
	if len(cases) == 0 {
		return nil, nil, fmt.Errorf("eval: no label maps in %s; expected files such as case01.nii.gz, .nii, .nrrd or .mha, "+
			"or a folder per case with label.nii.gz", dir)
	}
	return cases, ignored, nil
}

// labelFile returns the path of the label map in a case's folder, or the folder itself if it is a stack of slices or has one
// file per organ. It returns false if the folder is none of these.
func labelFile(dir string) (string, bool, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", false, fmt.Errorf("eval: list cases: %w", err)
	}
	var all, named []string
	series := false
	for _, e := range entries {
		if e.IsDir() && slices.Contains(organFolders, strings.ToLower(e.Name())) {
			organs, err := organFiles(dir)
			return dir, organs != nil, err
		}
		name, ok := CaseName(e.Name())
		series = series || slices.Contains(seriesExtensions, strings.ToLower(filepath.Ext(e.Name())))
		if e.IsDir() || !ok || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		all = append(all, filepath.Join(dir, e.Name()))
		if slices.Contains(labelNames, strings.ToLower(name)) {
			named = append(named, filepath.Join(dir, e.Name()))
		}
	}
	switch {
	case len(named) == 1:
		return named[0], true, nil
	case len(named) > 1:
		return "", false, fmt.Errorf("eval: %s has several label maps: %s; keep one", dir, strings.Join(named, ", "))
	case len(all) == 1:
		return all[0], true, nil
	case len(all) > 1: // one per organ
		return dir, true, nil
	}
	return dir, series, nil
}
