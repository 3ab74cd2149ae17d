// Package folder manages the folder that a server serves: its volumes, their label maps, and what clients store about
// them.
//
// Volumes are files at the top level and in imagesTr (nnU-Net's NAME_0000.nii.gz is the volume NAME), and folders with
// one DICOM series each, which are identified by their SeriesInstanceUID. Final label maps go to labelsTr, where nnU-Net
// looks for them; others go to labels_TAG. Everything else is kept in .slmsam.
//
// Clients name volumes, never files. A name is looked up in the list of volumes, and the name of a new volume is escaped
// before it becomes a file name. Links that lead out of the folder are not followed.
//
// Where to start reading: folder.go, then names.go, labels.go.
package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Names inside the folder.
const (
	images = "imagesTr"
	kept   = ".slmsam"
)

// Folder is a served folder. Its methods may be called from several goroutines at once.
type Folder struct {
	dir       string
	root      *os.Root
	maxVoxels int

	listing sync.Mutex // one reviewed.csv is written at a time

	mu     sync.Mutex           // one change is made at a time
	series map[string]seriesUID // by folder: what was last read from it
}

// seriesUID is the UID of a DICOM folder at the time of its last change.
type seriesUID struct {
	uid     string
	changed time.Time
}

// Volume is one volume of the folder.
type Volume struct {
	ID    string
	Ext   string // ".nii.gz" and so on; empty for a DICOM series
	file  string // within the folder, with forward slashes
	dicom bool
}

// ErrUnknown means that there is no such volume or label map.
var ErrUnknown = errors.New("the served folder has nothing with that name")

// Open opens a folder. Volumes with more than maxVoxels voxels are refused.
func Open(dir string, maxVoxels int) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("serve %s: %w", dir, err)
	}
	return &Folder{dir: dir, root: root, maxVoxels: maxVoxels, series: map[string]seriesUID{}}, nil
}

// Close releases the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Volumes lists the volumes by name. Of several files with the same name, such as a.nii and a.nii.gz, only the first one
// counts, and one at the top level before one in imagesTr.
func (f *Folder) Volumes() ([]Volume, error) {
	var list []Volume
	for _, dir := range []string{".", images} {
		entries, err := fs.ReadDir(f.root.FS(), dir)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the served folder: %w", err)
		}
		for _, e := range entries {
			if v, ok := f.volumeOf(dir, e.Name()); ok {
				list = append(list, v)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Volume) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(list, func(a, b Volume) bool { return a.ID == b.ID }), nil
}

// volumeOf returns the volume that an entry of the folder holds, if it holds one.
func (f *Folder) volumeOf(dir, name string) (Volume, bool) {
	if strings.HasPrefix(name, ".") {
		return Volume{}, false
	}
	file := path.Join(dir, name)
	info, err := f.root.Stat(file)
	if err != nil { // a link out of the folder, or removed in the meantime
		return Volume{}, false
	}
	if info.IsDir() {
		if dir == "." && reserved(name) {
			return Volume{}, false
		}
		uid := f.seriesUID(file, info.ModTime())
		return Volume{ID: uid, file: file, dicom: true}, uid != ""
	}
	id, ext := split(name)
	if ext == "" || !info.Mode().IsRegular() {
		return Volume{}, false
	}
	if dir == images {
		id = strings.TrimSuffix(id, "_0000")
	}
	return Volume{ID: id, Ext: ext, file: file}, true
}

// reserved reports whether a folder with this name, at the top level, is for images or label maps, so that it cannot
// hold a DICOM series.
func reserved(name string) bool {
	return name == images || name == finalDir || strings.HasPrefix(name, tagDir)
}

// seriesUID returns the SeriesInstanceUID of a DICOM folder, empty for any other folder. It reads each folder only once
// per change.
func (f *Folder) seriesUID(file string, changed time.Time) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.series[file]
	if !ok || !known.changed.Equal(changed) {
		uid := ""
		if f.within(file) {
			uid, _ = volume.SeriesUID(f.path(file)) // fails for a folder without DICOM files
		}
		known = seriesUID{uid: uid, changed: changed}
		f.series[file] = known
	}
	return known.uid
}

// within reports whether everything in a folder really is there: links may lead out of the served folder.
func (f *Folder) within(dir string) bool {
	entries, err := fs.ReadDir(f.root.FS(), dir)
	if err != nil {
		return false
	}
	return !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		if e.Type()&fs.ModeSymlink == 0 {
			return false
		}
		_, err := f.root.Stat(path.Join(dir, e.Name()))
		return err != nil
	})
}

// path returns the path of a file of the folder on this machine.
func (f *Folder) path(file string) string { return filepath.Join(f.dir, filepath.FromSlash(file)) }

// writable returns the path to write a file of the folder to. A link there that leads out of the folder is an error.
func (f *Folder) writable(file string) (string, error) {
	if _, err := f.root.Stat(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("use a file in the served folder: %w", err)
	}
	return f.path(file), nil
}

// Find returns the volume with this name, or ErrUnknown.
func (f *Folder) Find(id string) (Volume, error) {
	list, err := f.Volumes()
	if err != nil {
		return Volume{}, err
	}
	for _, v := range list {
		if v.ID == id {
			return v, nil
		}
	}
	return Volume{}, ErrUnknown
}

// Name is what people call a volume. A DICOM series goes by the name of its folder.
func (v Volume) Name() string {
	if v.dicom {
		return path.Base(v.file)
	}
	return v.ID
}

// Changed returns when the volume was last written.
func (f *Folder) Changed(v Volume) (time.Time, error) {
	info, err := f.root.Stat(v.file)
	if err != nil {
		return time.Time{}, ErrUnknown
	}
	return info.ModTime(), nil
}

// OpenFile opens the file of a volume that is a single file. name is what a client should call it.
func (f *Folder) OpenFile(v Volume) (file *os.File, name string, err error) {
	if v.dicom {
		return nil, "", annotate.Inputf("the volume is a DICOM series of several files")
	}
	if file, err = f.root.Open(v.file); err != nil {
		return nil, "", ErrUnknown
	}
	return file, v.ID + v.Ext, nil
}

// mkdir makes a folder and its parents.
func (f *Folder) mkdir(dir string) error {
	if parent := path.Dir(dir); parent != "." {
		if err := f.mkdir(parent); err != nil {
			return err
		}
	}
	if err := f.root.Mkdir(dir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("make a folder in the served one: %w", err)
	}
	if _, err := f.root.Stat(dir); err != nil { // a link that leads out
		return fmt.Errorf("use a folder in the served one: %w", err)
	}
	return nil
}
