package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// testCase is a labeled volume.
type testCase struct {
	name         string // SOURCE/CASE
	image, label string
	axis         int // -1: the acquisition axis
}

// findCases lists the cases of a folder, those of a list if one is given.
func findCases(data, list string) ([]testCase, error) {
	axes, err := readCatalogue(filepath.Join(data, "CATALOGUE.tsv"))
	if err != nil {
		return nil, err
	}
	names, err := readList(list)
	if err != nil {
		return nil, err
	}
	if names == nil {
		labels, err := filepath.Glob(filepath.Join(data, "*", "*", "label.nii.gz"))
		if err != nil {
			return nil, err
		}
		for _, l := range labels {
			name, err := filepath.Rel(data, filepath.Dir(l))
			if err != nil {
				return nil, err
			}
			names = append(names, filepath.ToSlash(name))
		}
		slices.Sort(names)
	}
	var out []testCase
	for _, name := range names {
		dir := filepath.Join(data, filepath.FromSlash(name))
		c := testCase{name: name, image: filepath.Join(dir, "image.nii.gz"), label: filepath.Join(dir, "label.nii.gz"), axis: -1}
		if axis, ok := axes[name]; ok {
			c.axis = axis
		}
		out = append(out, c)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("no SOURCE/CASE/label.nii.gz below %s", data)
	}
	return out, nil
}

// readList reads the names of a file, nil without a file.
func readList(path string) ([]string, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []string
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out, lines.Err()
}

// readCatalogue reads the slice axes by SOURCE/CASE; none where there is no catalogue.
func readCatalogue(path string) (map[string]int, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma, r.LazyQuotes = '\t', true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	name, axis := slices.Index(rows[0], "case"), slices.Index(rows[0], "slice_axis")
	if name < 0 || axis < 0 {
		return nil, fmt.Errorf("%s: want columns case and slice_axis, got %v", path, rows[0])
	}
	out := map[string]int{}
	for _, row := range rows[1:] {
		n, err := strconv.Atoi(row[axis])
		if err != nil || n < 0 || n > 2 {
			return nil, fmt.Errorf("%s: slice_axis %q of %s", path, row[axis], row[name])
		}
		out[row[name]] = n
	}
	return out, nil
}
