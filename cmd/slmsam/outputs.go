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

// checkFiles returns the error that writing files with the given names into dir would meet: one of them exists (unless force
// allows it to be replaced), or dir cannot be created or written. It is for commands to call before their work; nothing is
// left behind.
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

// existingFolder returns dir or, if dir does not exist yet, the nearest folder above it that exists.
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

// checkOutput is volume.CheckOutput, but the folder of the output need not exist yet.
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

// checkRecord returns an error if the record of a new result would replace the record of another one, which has the same name
// in another format, such as liver.nrrd and liver.nii.gz. Corrections of that result would then be compared with the wrong
// masks. --force allows it.
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
		if isResult && (e.IsDir() || volume.TrimFormat(other) != other) {
			return fmt.Errorf("%s is the record of %s: choose another name for the output, or pass --force to replace the record", record, other)
		}
	}
	return nil
}
