package train

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// firstChannel ends the name of an nnU-Net image: its first channel, the only one that is used.
const firstChannel = "_0000"

// listNNUNet lists imagesTr and labelsTr of an nnU-Net raw folder. dataset.json says how files end.
func listNNUNet(dir string) ([]entry, error) {
	ending, err := nnunetEnding(filepath.Join(dir, "dataset.json"))
	if err != nil {
		return nil, err
	}
	files, err := os.ReadDir(filepath.Join(dir, "labelsTr"))
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ending)
		if !ok || strings.HasPrefix(name, ".") {
			continue
		}
		e := entry{name: name, label: filepath.Join(dir, "labelsTr", f.Name()), weight: 1}
		e.image = filepath.Join(dir, "imagesTr", name+firstChannel+ending)
		plain := filepath.Join(dir, "imagesTr", f.Name()) // as the Decathlon's folders have it
		if missing(e.image, "") != nil && missing(plain, "") == nil {
			e.image = plain
		}
		if err := missing(e.image, "label map in labelsTr"); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func nnunetEnding(path string) (string, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("%s is missing: an nnU-Net folder has one (it may be {\"file_ending\": \".nii.gz\"})", path)
	}
	if err != nil {
		return "", err
	}
	var d struct {
		Ending string `json:"file_ending"`
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	if d.Ending == "" {
		d.Ending = ".nii.gz" // version 1 of the format knew no other
	}
	return d.Ending, nil
}

// listFolders lists the official layout: images/VOLUME/00000.jpg, masks/VOLUME/00000.png, and train.txt
// with the names of the volumes, one a line; without it all are taken.
func listFolders(dir string) ([]entry, error) {
	names, err := lines(filepath.Join(dir, "train.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		var files []os.DirEntry
		if files, err = os.ReadDir(filepath.Join(dir, "images")); err == nil {
			for _, f := range files {
				names = append(names, f.Name())
			}
		}
	}
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var entries []entry
	for _, name := range names {
		e := entry{name: name, weight: 1, eightBit: true, image: filepath.Join(dir, "images", name), label: filepath.Join(dir, "masks", name)}
		for _, path := range []string{e.image, e.label} {
			if err := missing(path, "volume of train.txt"); err != nil {
				return nil, err
			}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// lines reads the lines of a file that are not blank.
func lines(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []string
	s := bufio.NewScanner(f)
	for s.Scan() {
		if line := strings.TrimSpace(s.Text()); line != "" {
			out = append(out, line)
		}
	}
	return out, s.Err()
}

// listCSV reads a manifest with the columns image and label and, optionally, name, labels (numbers with
// spaces between; empty is all) and weight. Paths are relative to the manifest.
func listCSV(path string) ([]entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("want a CSV file with the columns image,label: %w", err)
	}
	if len(rows) == 0 {
		return nil, errors.New("the file is empty")
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		name = strings.TrimSpace(name)
		switch name {
		case "name", "image", "label", "labels", "weight":
			column[name] = i
		default:
			return nil, fmt.Errorf("unknown column %q: want image,label and perhaps name,labels,weight", name)
		}
	}
	for _, name := range []string{"image", "label"} {
		if _, ok := column[name]; !ok {
			return nil, fmt.Errorf("no column %q in the first line, which must name the columns", name)
		}
	}
	var entries []entry
	for n, row := range rows[1:] {
		e, err := csvEntry(row, column, filepath.Dir(path))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+2, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

func csvEntry(row []string, column map[string]int, dir string) (entry, error) {
	cell := func(name string) string {
		if i, ok := column[name]; ok {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	file := func(name string) string {
		p := cell(name)
		if !filepath.IsAbs(p) {
			p = filepath.Join(dir, p)
		}
		return p
	}
	e := entry{name: cell("name"), image: file("image"), label: file("label"), weight: 1}
	if cell("image") == "" || cell("label") == "" {
		return e, errors.New("image and label must not be empty")
	}
	for _, p := range []string{e.image, e.label} {
		if err := missing(p, "line"); err != nil {
			return e, err
		}
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
		w, err := strconv.ParseFloat(s, 64)
		if err != nil || !(w > 0 && w < 1e6) {
			return e, fmt.Errorf("weight %q: want a number above 0", s)
		}
		e.weight = w
	}
	return e, nil
}
