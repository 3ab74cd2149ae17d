package folder

import (
	"encoding/csv"
	"fmt"
	"io"
	"path"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume"
)

// What a journal of a volume's annotations is kept as: .slmsam/annotations/ID.journal.
const (
	Journals   = "annotations"
	JournalExt = ".journal"
)

// Keep returns the path of a file in which a package keeps what it knows about a volume: .slmsam/KIND/ID.EXT. The folder
// is made if necessary.
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
	return f.writable(path.Join(dir, name))
}

// Keeps reports whether there is a file under the path that Keep returns.
func (f *Folder) Keeps(kind, id, ext string) bool {
	name, err := fileName(id, ext)
	if err != nil {
		return false
	}
	_, err = f.root.Lstat(path.Join(kept, kind, name))
	return err == nil
}

// Stat reads a volume's grid but none of its voxels. Like Read, it refuses volumes that are too large.
func (f *Folder) Stat(v Volume) (volume.Geometry, error) {
	return stat(f.path(v.file), f.maxVoxels)
}

// reviewed is the list of volumes with a final label map, for slmsam train.
const reviewed = "reviewed.csv"

// Reviewed returns the path of reviewed.csv.
func (f *Folder) Reviewed() string { return f.path(reviewed) }

// ListReviewed writes reviewed.csv: name, image and label of every volume with a final label map, as paths within the
// folder. It returns the number of volumes.
func (f *Folder) ListReviewed() (int, error) {
	f.listing.Lock() // from reading the folder to writing the file, so that no older list overwrites a newer one
	defer f.listing.Unlock()
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
	to, err := f.writable(reviewed)
	if err == nil {
		err = wholefile.Write(to, func(w io.Writer) error { return csv.NewWriter(w).WriteAll(rows) })
	}
	if err != nil {
		return 0, fmt.Errorf("list the reviewed volumes: %w", err)
	}
	return len(rows) - 1, nil
}
