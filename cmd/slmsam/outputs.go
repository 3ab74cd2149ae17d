package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/internal/wholefile"
	"github.com/seed-6f79f512/slmsam/volume"
)

// checkFiles returns the error that writing files into dir would meet, so that it is known before the work is done: a file
// of these names exists (unless force allows it to be replaced), or the folder cannot be made or written. Nothing is left
// behind.
func checkFiles(dir string, names []string, force bool) error {
	for _, name := range names {
		path := filepath.Join(dir, name)
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		if info.IsDir() {
			return fmt.Errorf("%s is a folder, not a file", path)
		}
		if !force {
			return fmt.Errorf("%s exists; choose another output or pass --force", path)
		}
	}
	existing, err := existingFolder(dir)
	if err != nil {
		return err
	}
	return wholefile.Probe(filepath.Join(existing, "probe"))
}

// existingFolder is dir or, if it is still to be made, the nearest folder above it that exists.
func existingFolder(dir string) (string, error) {
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		switch {
		case err == nil && !info.IsDir():
			return "", fmt.Errorf("%s is a file, not a folder", dir)
		case err == nil:
			return dir, nil
		case !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir):
			return "", err
		}
	}
}

// checkOutput is volume.CheckOutput, also for a folder that is still to be made.
func checkOutput(path string, opt volume.WriteOptions) error {
	dir, err := existingFolder(filepath.Dir(path))
	if err != nil {
		return err
	}
	if dir != filepath.Dir(path) {
		opt.Force = true // a file of this name in the folder above is another file
	}
	return volume.CheckOutput(filepath.Join(dir, filepath.Base(path)), opt)
}

// distinct returns an error if the output is one of the inputs. --force does not allow that.
func distinct(out string, inputs ...string) error {
	info, err := os.Stat(out)
	if err != nil {
		return nil // it does not exist
	}
	for _, in := range inputs {
		if other, err := os.Stat(in); err == nil && os.SameFile(info, other) {
			return fmt.Errorf("the output %s is an input of this run; choose another", out)
		}
	}
	return nil
}

// checkRecord refuses a result whose record would replace that of another result of the same name in another format, such as
// liver.nrrd beside liver.nii.gz. Corrections of that one would then be compared with the wrong masks.
func checkRecord(out, image string, force bool) error {
	record := provenancePath(out)
	if _, err := os.Lstat(record); err != nil || force {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(record))
	if err != nil {
		return err
	}
	for _, e := range entries {
		other := filepath.Join(filepath.Dir(record), e.Name())
		isResult := other != record && provenancePath(other) == record && distinct(other, image) == nil
		if _, _, known := volume.CutExtension(other); isResult && (known || e.IsDir()) {
			return fmt.Errorf("%s is the record of %s: choose another name for the output, or pass --force to replace the record", record, other)
		}
	}
	return nil
}
