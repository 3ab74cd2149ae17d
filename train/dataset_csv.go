package train

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// manifest is a CSV file of cases as spreadsheets save it: cells may be separated by commas, semicolons, or tabs, and
// there may be a byte order mark, blank rows, and columns that are only for people.
type manifest struct {
	dir      string
	decimals rune // decimal separator: comma or point
	column   map[string]int
}

// listCSV reads a manifest with the columns image and label and, optionally, name, labels (numbers separated by
// spaces; empty means all), and weight. Paths are relative to the manifest. Unknown columns are listed in the notes;
// blank rows are skipped.
func listCSV(path string) (entries []entry, notes []string, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	text := plainText(data)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes = separator(text), -1, true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, nil, fmt.Errorf("want a CSV file with the columns image,label: %w", err)
	}
	m := &manifest{dir: filepath.Dir(path), decimals: '.'}
	if r.Comma != ',' {
		m.decimals = ','
	}
	start := slices.IndexFunc(rows, func(row []string) bool { return !blank(row) })
	if start < 0 {
		return nil, nil, errors.New("the file is empty")
	}
	if notes, err = m.header(rows[start]); err != nil {
		return nil, nil, err
	}
	for n, row := range rows[start+1:] {
		if blank(row) {
			continue
		}
		e, err := m.entry(row, len(rows[start]))
		if err != nil {
			return nil, nil, fmt.Errorf("line %d: %w", start+n+2, err)
		}
		entries = append(entries, e)
	}
	return entries, notes, nil
}

// plainText decodes what spreadsheets save: UTF-8 with or without a byte order mark, or UTF-16 with one.
func plainText(data []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return string(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	}
	var units []uint16
	for data = data[2:]; len(data) >= 2; data = data[2:] {
		units = append(units, order.Uint16(data))
	}
	return string(utf16.Decode(units))
}

// separator guesses the cell separator from the first line: whichever of comma, semicolon, and tab is most frequent.
func separator(text string) rune {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	best := ','
	for _, c := range ";\t" {
		if strings.Count(first, string(c)) > strings.Count(first, string(best)) {
			best = c
		}
	}
	return best
}

// blank reports whether all cells of a row are empty.
func blank(row []string) bool {
	return !slices.ContainsFunc(row, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// header finds the columns.
func (m *manifest) header(row []string) (notes []string, err error) {
	m.column = map[string]int{}
	var others []string
	for i, name := range row {
		name = strings.TrimSpace(name)
		switch key := strings.ToLower(name); key {
		case "name", "image", "label", "labels", "weight":
			if _, twice := m.column[key]; twice {
				return nil, fmt.Errorf("two columns are named %q", name)
			}
			m.column[key] = i
		case "":
		default:
			others = append(others, name)
		}
	}
	for _, name := range []string{"image", "label"} {
		if _, ok := m.column[name]; !ok {
			return nil, fmt.Errorf("no column %q in the first line, which must name the columns (it has %s): want image,label and optionally name,labels,weight",
				name, strings.Join(row, ", "))
		}
	}
	if len(others) > 0 {
		notes = append(notes, "unused columns: "+strings.Join(others, ", "))
	}
	return notes, nil
}

// entry reads a row; columns is the number of cells in the header.
func (m *manifest) entry(row []string, columns int) (entry, error) {
	if len(row) > columns && !blank(row[columns:]) {
		return entry{}, fmt.Errorf("wrong number of fields: %d, the first line has %d (put names that hold the separator in quotes)", len(row), columns)
	}
	cell := func(name string) string {
		if i, ok := m.column[name]; ok && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	e := entry{name: cell("name"), weight: 1}
	if cell("image") == "" || cell("label") == "" {
		return e, errors.New("image and label must not be empty")
	}
	var err error
	if e.image, err = m.file(cell("image")); err != nil {
		return e, err
	}
	if e.label, err = m.file(cell("label")); err != nil {
		return e, err
	}
	if e.name == "" {
		e.name = cell("image")
	}
	for _, s := range strings.Fields(cell("labels")) {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil || n <= 0 {
			return e, fmt.Errorf("labels: %q is not a positive number; separate several by spaces", s)
		}
		e.labels = append(e.labels, int32(n))
	}
	if s := cell("weight"); s != "" {
		w, err := strconv.ParseFloat(strings.ReplaceAll(s, string(m.decimals), "."), 64)
		if err != nil || !(w > 0 && w < 1e6) {
			return e, fmt.Errorf("weight %q: want a number above 0", s)
		}
		e.weight = w
	}
	return e, nil
}

// file returns the path in a cell. Backslashes are accepted as separators, since the file may come from Windows.
func (m *manifest) file(name string) (string, error) {
	at := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(m.dir, name)
	}
	path := at(name)
	if missing(path, "") != nil && strings.Contains(name, `\`) {
		if other := at(strings.ReplaceAll(name, `\`, "/")); missing(other, "") == nil {
			return other, nil
		}
	}
	return path, missing(path, "relative paths start from the folder of the CSV file")
}
