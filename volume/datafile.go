package volume

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Voxel files that a text header (NRRD, MetaImage) names: one, a list, or a numbered series.

// isList reports whether the field that names the voxel file announces a list of names.
func isList(field string) bool { return field == "LIST" || strings.HasPrefix(field, "LIST ") }

// attachFiles connects n voxels to the source. They are in the header's own file (in), or in the file, the listed files or the
// numbered files that the header's field names, each of which holds an equal share. attach connects the voxels of one file.
func (s *source) attachFiles(in *input, header, field string, list []string, n int, attach func(s *source, in *input, n int) error) error {
	if field == "" {
		return attach(s, in, n)
	}
	names, err := voxelFiles(field, list)
	if err != nil {
		return err
	}
	if n%len(names) != 0 {
		return fmt.Errorf("%d voxels cannot be spread evenly over %d files", n, len(names))
	}
	parts := make([]*source, len(names))
	open := func(i int) (*input, error) {
		file, err := openBeside(header, names[i])
		if err != nil {
			return nil, err
		}
		parts[i] = &source{}
		if err := attach(parts[i], file, n/len(names)); err != nil {
			file.Close()
			if len(names) > 1 {
				err = fmt.Errorf("voxel file %s: %w", names[i], err)
			}
			return nil, err
		}
		return file, nil
	}
	for i := range names { // check early that all files exist and are long enough
		file, err := open(i)
		if err != nil {
			return err
		}
		file.Close()
		s.proven += parts[i].proven
	}
	s.voxels = func(emit func([]float64) error) error {
		for i := range names {
			file, err := open(i)
			if err != nil {
				return err
			}
			err = parts[i].voxels(emit)
			file.Close()
			if err != nil {
				return err
			}
		}
		return nil
	}
	return nil
}

// voxelFiles returns the names of the voxel files: list, if field says that there is one, or the file or the numbered files
// that field names.
func voxelFiles(field string, list []string) ([]string, error) {
	switch {
	case isList(field) && len(list) == 0:
		return nil, errors.New("the header promises a list of voxel files but names none")
	case isList(field):
		return list, nil
	case strings.Contains(field, "%"):
		return numberedFiles(field)
	}
	return []string{field}, nil
}

// maxVoxelFiles bounds the number of files in a numbered series.
const maxVoxelFiles = 1 << 16

var numberedPattern = regexp.MustCompile(`^([^%]*)%(0?)([0-9]{0,2})d([^%]*)$`)

// numberedFiles expands "slice%03d.raw 1 120 1", as printf would.
func numberedFiles(field string) ([]string, error) {
	bad := fmt.Errorf("voxel files %.100q: want NAME%%03d.raw FIRST LAST STEP", field)
	words := strings.Fields(field)
	if len(words) < 4 || len(words) > 5 { // the fifth is the dimension of each file
		return nil, bad
	}
	pattern := numberedPattern.FindStringSubmatch(words[0])
	var n [3]int
	for i := range n {
		var err error
		if n[i], err = strconv.Atoi(words[1+i]); err != nil || n[i] < -maxVoxels || n[i] > maxVoxels {
			return nil, bad
		}
	}
	if pattern == nil || n[2] == 0 || (n[1]-n[0])/n[2] < 0 || (n[1]-n[0])/n[2] >= maxVoxelFiles {
		return nil, bad
	}
	width, _ := strconv.Atoi(pattern[3]) // empty: 0
	var names []string
	for k := n[0]; (n[2] > 0 && k <= n[1]) || (n[2] < 0 && k >= n[1]); k += n[2] {
		number := fmt.Sprintf("%*d", width, k)
		if pattern[2] == "0" {
			number = fmt.Sprintf("%0*d", width, k)
		}
		names = append(names, pattern[1]+number+pattern[4])
	}
	if names == nil {
		return nil, bad
	}
	return names, nil
}

// openBeside opens the voxel file that a header names. It must be in the header's folder or a subfolder, because a header must
// not be able to point anywhere else. For an absolute path to another folder, the file of that name in the header's folder
// is taken.
func openBeside(header, name string) (*input, error) {
	folder := filepath.Dir(header)
	local := filepath.FromSlash(strings.ReplaceAll(name, "\\", "/"))
	if filepath.IsAbs(local) || regexp.MustCompile(`^[A-Za-z]:`).MatchString(name) {
		absolute, err := filepath.Abs(folder)
		if err != nil {
			return nil, err
		}
		inside, err := filepath.Rel(absolute, local)
		if err != nil || !filepath.IsLocal(inside) { // the header was written on another machine, or the folder was moved
			inside = filepath.Base(local)
			if _, err := os.Stat(filepath.Join(folder, inside)); err != nil {
				return nil, fmt.Errorf("the header names the voxel file %.200q: want a file in the header's own folder", name)
			}
		}
		local = inside
	}
	if !filepath.IsLocal(local) {
		return nil, fmt.Errorf("the header names the voxel file %.200q: want a file in the header's own folder", name)
	}
	in, err := openPlain(filepath.Join(folder, local))
	if err != nil {
		return nil, fmt.Errorf("voxel file %s: %w", name, err)
	}
	return in, nil
}
