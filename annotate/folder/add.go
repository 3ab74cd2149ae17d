package folder

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Add copies a file into the folder as the volume id. The name must be new; adding the same bytes again is not an error.
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
	file := path.Join(dir, name)
	if old, err := f.root.Open(file); err == nil {
		defer old.Close()
		return sameBytes(old, from, id)
	}
	to, err := f.writable(file)
	if err != nil {
		return err
	}
	return copyFile(to, from)
}

// sameBytes returns an InputError unless both files are equal.
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

// SHA256 returns the checksum of a volume's file, in hexadecimal.
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
		return "", fmt.Errorf("checksum: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// copyFile makes or replaces a file, which appears whole or not at all.
func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("copy a file: %w", err)
	}
	defer in.Close()
	return wholefile.Write(to, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}
