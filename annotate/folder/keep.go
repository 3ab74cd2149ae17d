package folder

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Keep is the path of the file in which a program keeps what it knows of a volume, in a folder of its own (kind)
// within .slmsam, which is made if need be.
func (f *Folder) Keep(kind, id, ext string) (string, error) {
	name, err := fileName(id, ext)
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	dir := path.Join(kept, kind)
	if err := f.mkdir(dir); err != nil {
		return "", err
	}
	file := path.Join(dir, name)
	if _, err := f.root.Stat(file); err != nil && !errors.Is(err, fs.ErrNotExist) { // a link that leads out
		return "", fmt.Errorf("use a file in the served folder: %w", err)
	}
	return f.path(file), nil
}

// Stat reads a volume's grid but none of its voxels; as Read, it refuses what is too large.
func (f *Folder) Stat(v Volume) (volume.Geometry, error) {
	file := f.path(v.file)
	if err := fits(file, f.maxVoxels); err != nil {
		return volume.Geometry{}, err
	}
	g, err := volume.Stat(file)
	if err != nil {
		return volume.Geometry{}, unreadable(file, err)
	}
	return g, nil
}

// reviewed is the list of volumes that have a final label map, for slmsam train.
const reviewed = "reviewed.csv"

// Reviewed is where reviewed.csv lies.
func (f *Folder) Reviewed() string { return f.path(reviewed) }

// ListReviewed writes reviewed.csv: name, image and label of every volume with a final label map, as paths within the
// folder. It returns how many there are.
func (f *Folder) ListReviewed() (int, error) {
	list, err := f.Volumes()
	if err != nil {
		return 0, err
	}
	rows := [][]string{{"name", "image", "label"}}
	for _, v := range list {
		labels, err := f.Labels(v.ID)
		if err != nil {
			return 0, err
		}
		if l, done := labels[Final]; done {
			rows = append(rows, []string{v.ID, v.file, l.file})
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	err = wholefile.Write(f.path(reviewed), func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) })
	if err != nil {
		return 0, fmt.Errorf("list the reviewed volumes: %w", err)
	}
	return len(rows) - 1, nil
}

// Name is what people call a volume: a DICOM series goes by its folder's name.
func (v Volume) Name() string {
	if v.dicom {
		return path.Base(v.file)
	}
	return v.ID
}
