package folder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

// trash is where files go that were replaced or removed.
const trash = kept + "/trash"

// Remove moves a volume to the trash, with its label maps and everything that is kept about it: a new volume with the same
// name must not get the annotations of the old one.
func (f *Folder) Remove(v Volume) error {
	tags, err := f.Labels(v.ID)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	about, err := f.keptAbout(v.ID)
	if err != nil {
		return err
	}
	for _, file := range about {
		if err := f.discardIfAny(file); err != nil {
			return err
		}
	}
	for _, l := range tags {
		if err := f.discard(l.file); err != nil {
			return err
		}
	}
	return f.discard(v.file)
}

// keptAbout lists the files, which need not exist, that hold what is kept about a volume: its journal, and what clients
// stored about it and its label maps, including those that are gone.
func (f *Folder) keptAbout(id string) ([]string, error) {
	journal, err := fileName(id, JournalExt)
	if err != nil {
		return nil, err
	}
	info, err := infoFile(id, "")
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(f.root.FS(), kept)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list what is kept about a volume: %w", err)
	}
	list := []string{path.Join(kept, Journals, journal), info}
	for _, e := range entries {
		if e.Name() == finalDir || strings.HasPrefix(e.Name(), tagDir) {
			list = append(list, path.Join(kept, e.Name(), path.Base(info)))
		}
	}
	return list, nil
}

// discardIfAny is discard for a file that may not exist.
func (f *Folder) discardIfAny(file string) error {
	if _, err := f.root.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return f.discard(file)
}

// discard moves a file or folder to the trash.
func (f *Folder) discard(file string) error {
	to, err := f.trashPath(file)
	if err != nil {
		return err
	}
	if err := os.Rename(f.path(file), to); err != nil {
		return fmt.Errorf("move to the trash: %w", err)
	}
	return nil
}

// preserve puts a copy of a file that is about to be replaced into the trash.
func (f *Folder) preserve(file string) error {
	to, err := f.trashPath(file)
	if err != nil {
		return err
	}
	if os.Link(f.path(file), to) == nil { // the replacement is a new file, so the link keeps the old bytes
		return nil
	}
	if err := copyFile(to, f.path(file)); err != nil { // a file system without links
		return fmt.Errorf("copy to the trash: %w", err)
	}
	return nil
}

// trashPath returns a new path in the trash for a file of the folder.
func (f *Folder) trashPath(file string) (string, error) {
	if err := f.mkdir(trash); err != nil {
		return "", err
	}
	return f.path(fmt.Sprintf("%s/%s-%s", trash, time.Now().UTC().Format("20060102T150405.000000000"), path.Base(file))), nil
}
