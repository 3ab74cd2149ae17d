package train

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// listFolders lists the official layout: images/VOLUME/00000.jpg, masks/VOLUME/00000.png, and train.txt with one
// volume name per line. Without train.txt, all volumes are taken.
func listFolders(dir string) ([]entry, error) {
	names, err := readLines(filepath.Join(dir, "train.txt"))
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
			if err := missing(path, "every volume needs a folder in images and one in masks"); err != nil {
				return nil, err
			}
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// readLines returns the nonblank lines of a file, trimmed.
func readLines(path string) ([]string, error) {
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
