package folder

import (
	"fmt"
	"os"
	"path"
	"time"
)

// trash is where files go that were replaced or removed.
const trash = kept + "/trash"

// Remove moves a volume and its label maps to the trash.
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
