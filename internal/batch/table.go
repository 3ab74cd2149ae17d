package batch

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// tableColumns are the columns of a CSV file; image and one of mask, points and boxes must be there.
var tableColumns = []string{"image", "mask", "points", "boxes", "labels", "output"}

// listTable reads a CSV file. Paths are relative to the file, outputs to the output folder; several points or boxes in
// a cell are separated by semicolons, several labels by commas or spaces.
func listTable(path string) ([]Case, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("want a CSV file with the columns image,mask: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("the file is empty")
	}
	column, err := tableHeader(rows[0])
	if err != nil {
		return nil, err
	}
	var cases []Case
	for i, row := range rows[1:] {
		c, err := tableCase(row, column, filepath.Dir(path))
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", i+2, err)
		}
		cases = append(cases, c)
	}
	return cases, nil
}

// tableHeader finds the columns by their names.
func tableHeader(names []string) (map[string]int, error) {
	column := map[string]int{}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))) // spreadsheets write a byte order mark
		known := false
		for _, c := range tableColumns {
			known = known || c == name
		}
		if !known {
			return nil, fmt.Errorf("unknown column %q: want %s", name, strings.Join(tableColumns, ", "))
		}
		if _, ok := column[name]; ok {
			return nil, fmt.Errorf("two columns are named %s", name)
		}
		column[name] = i
	}
	if _, ok := column["image"]; !ok {
		return nil, errors.New("there is no column named image: the first line must name the columns")
	}
	return column, nil
}

func tableCase(row []string, column map[string]int, dir string) (Case, error) {
	cell := func(name string) string {
		if i, ok := column[name]; ok {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	file := func(name string) string {
		p := cell(name)
		if p != "" && !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		return p
	}
	c := Case{Image: file("image"), Mask: file("mask"), Points: fields(cell("points"), "; "), Boxes: fields(cell("boxes"), "; "),
		Labels: strings.Join(fields(cell("labels"), ",; "), ","), Output: cell("output")}
	switch {
	case c.Image == "":
		return c, errors.New("the image is missing")
	case c.Mask == "" && c.Points == nil && c.Boxes == nil:
		return c, errors.New("there is nothing to start from: give a mask, points or boxes")
	case c.Mask == "" && c.Labels != "":
		return c, errors.New("labels need a mask, and there is none")
	}
	return c, nil
}

// fields are the parts of a cell between any of the separators; nil for an empty cell.
func fields(cell, separators string) (parts []string) {
	for part := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		parts = append(parts, part)
	}
	return parts
}
