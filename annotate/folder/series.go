package folder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// AddSeries copies the files of a DICOM series from the folder from into a new folder, which is called name, with a number
// if that is taken. It returns the ID of the volume. A series that is already present, by its SeriesInstanceUID, is left
// alone.
func (f *Folder) AddSeries(name, from string) (id string, err error) {
	uid, err := volume.SeriesUID(from)
	if err != nil {
		return "", unreadable(from, err)
	}
	if uid == "" {
		return "", annotate.Inputf("the DICOM files have no SeriesInstanceUID, which identifies a series here: convert them to NIfTI")
	}
	if _, err := f.Find(uid); !errors.Is(err, ErrUnknown) {
		return uid, err
	}
	if _, err := ReadVolume(from, f.maxVoxels); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.mkdir(kept); err != nil {
		return "", err
	}
	coming, err := os.MkdirTemp(f.path(kept), "coming-")
	if err != nil {
		return "", fmt.Errorf("receive the series: %w", err)
	}
	defer os.RemoveAll(coming) // renamed by then if all went well
	files, err := os.ReadDir(from)
	if err != nil {
		return "", fmt.Errorf("receive the series: %w", err)
	}
	for _, file := range files {
		if err := copyFile(filepath.Join(coming, file.Name()), filepath.Join(from, file.Name())); err != nil {
			return "", err
		}
	}
	to, err := f.freeName(name)
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.Chmod(coming, 0o755), os.Rename(coming, to)); err != nil {
		return "", fmt.Errorf("receive the series: %w", err)
	}
	return uid, nil
}

// freeName returns the path of a folder that does not exist yet.
func (f *Folder) freeName(name string) (string, error) {
	for n := 1; ; n++ {
		numbered := name
		if n > 1 {
			numbered += "-" + strconv.Itoa(n)
		}
		file, err := fileName(numbered, "")
		if err != nil {
			return "", err
		}
		if reserved(file) {
			file = "series_" + file
		}
		if _, err := f.root.Lstat(file); errors.Is(err, os.ErrNotExist) {
			return f.path(file), nil
		} else if err != nil {
			return "", fmt.Errorf("receive the series: %w", err)
		}
	}
}
