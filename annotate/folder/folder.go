// Package folder is the folder that a server serves: its volumes, what was said of them, and their label maps.
//
// Volumes are files at the top and in imagesTr (nnU-Net's NAME_0000.nii.gz is the volume NAME), and folders with
// one DICOM series each, which go by their SeriesInstanceUID. Label maps go to labelsTr, where nnU-Net looks for
// them, if they are final, else to labels_TAG. Everything else that is kept lies in .slmsam.
//
// Clients name volumes, never files: a name is looked up in the list of what is there, and a new one becomes a
// file name of which nothing but the name itself is left. Links that lead out of the folder are not followed.
//
// Where to start reading: folder.go, then names.go, labels.go.
package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Names inside the folder.
const (
	images = "imagesTr"
	kept   = ".slmsam"
	trash  = kept + "/trash"
)

// Folder is a served folder. Its methods may be called from several goroutines at once.
type Folder struct {
	dir       string
	root      *os.Root
	maxVoxels int

	mu     sync.Mutex           // one change at a time
	series map[string]seriesUID // by folder: what was read of it
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

// Open opens a folder. Volumes of more than maxVoxels are not read.
func Open(dir string, maxVoxels int) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("serve %s: %w", dir, err)
	}
	return &Folder{dir: dir, root: root, maxVoxels: maxVoxels, series: map[string]seriesUID{}}, nil
}

// Close ends the use of the folder.
func (f *Folder) Close() error { return f.root.Close() }

// Volumes lists the volumes by name.
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
	slices.SortFunc(list, func(a, b Volume) int { return strings.Compare(a.ID, b.ID) })
	return slices.CompactFunc(list, func(a, b Volume) bool { return a.ID == b.ID }), nil
}

// volumeOf looks at one entry of the folder.
func (f *Folder) volumeOf(dir, name string) (Volume, bool) {
	if strings.HasPrefix(name, ".") || dir == "." && (name == images || name == finalDir || strings.HasPrefix(name, tagDir)) {
		return Volume{}, false
	}
	file := path.Join(dir, name)
	info, err := f.root.Stat(file)
	if err != nil { // a link out of the folder, or gone meanwhile
		return Volume{}, false
	}
	if info.IsDir() {
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

// seriesUID reads a DICOM folder's UID, once per change; empty for another folder.
func (f *Folder) seriesUID(file string, changed time.Time) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	known, ok := f.series[file]
	if !ok || !known.changed.Equal(changed) {
		uid := ""
		if f.within(file) {
			uid, _ = volume.SeriesUID(f.path(file)) // another folder has none
		}
		known = seriesUID{uid: uid, changed: changed}
		f.series[file] = known
	}
	return known.uid
}

// within says whether all that lies in a folder does lie there: links may lead out.
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

// path is where a file of the list lies.
func (f *Folder) path(file string) string { return filepath.Join(f.dir, filepath.FromSlash(file)) }

// Find returns the volume of a name, or ErrUnknown.
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

// Changed is when the volume was last written.
func (f *Folder) Changed(v Volume) (time.Time, error) {
	info, err := f.root.Stat(v.file)
	if err != nil {
		return time.Time{}, ErrUnknown
	}
	return info.ModTime(), nil
}

// OpenFile opens the file of a volume that is one file; name is what to call it.
func (f *Folder) OpenFile(v Volume) (file *os.File, name string, err error) {
	if v.dicom {
		return nil, "", annotate.Inputf("the volume is a DICOM series of several files")
	}
	if file, err = f.root.Open(v.file); err != nil {
		return nil, "", ErrUnknown
	}
	return file, v.ID + v.Ext, nil
}

// Add puts a file into the folder as the volume id, which must be new: the same bytes again are no error.
func (f *Folder) Add(id, ext string, from string) error {
	name, err := fileName(id, ext)
	if err != nil {
		return err
	}
	if _, err := ReadVolume(from, f.maxVoxels); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	dir := "."
	if info, err := f.root.Stat(images); err == nil && info.IsDir() {
		dir = images
		name, err = fileName(id+"_0000", ext)
		if err != nil {
			return err
		}
	}
	if old, err := f.root.Open(path.Join(dir, name)); err == nil {
		defer old.Close()
		return sameBytes(old, from, id)
	}
	return copyFile(f.path(path.Join(dir, name)), from)
}

// sameBytes is no error if both files are equal.
func sameBytes(old io.Reader, from, id string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("read the upload: %w", err)
	}
	defer in.Close()
	a, errA := sum(old)
	b, errB := sum(in)
	if err := errors.Join(errA, errB); err != nil {
		return fmt.Errorf("compare with the existing image: %w", err)
	}
	if a != b {
		return annotate.Inputf("another image is already named %q: choose a different name", id)
	}
	return nil
}

// SHA256 is the check sum of a volume's file, in hexadecimal.
func (f *Folder) SHA256(v Volume) (string, error) {
	file, _, err := f.OpenFile(v)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return sum(file)
}

func sum(r io.Reader) (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return "", fmt.Errorf("check sum: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// copyFile makes a file that appears whole or not at all.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("read the upload: %w", err)
	}
	defer in.Close()
	return wholefile.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}

// Remove takes a volume and its label maps away, to .slmsam/trash.
func (f *Folder) Remove(v Volume) error {
	tags, err := f.Labels(v.ID)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range tags {
		if err := f.discard(l.file); err != nil {
			return err
		}
	}
	return f.discard(v.file)
}

// discard moves a file to the trash.
func (f *Folder) discard(file string) error {
	if err := f.mkdir(trash); err != nil {
		return err
	}
	to := fmt.Sprintf("%s/%s-%s", trash, time.Now().UTC().Format("20060102T150405.000000000"), path.Base(file))
	if err := os.Rename(f.path(file), f.path(to)); err != nil {
		return fmt.Errorf("move to the trash: %w", err)
	}
	return nil
}

// mkdir makes a folder and those above it.
func (f *Folder) mkdir(dir string) error {
	if above := path.Dir(dir); above != "." {
		if err := f.mkdir(above); err != nil {
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
