// Package wholefile writes files that appear whole or not at all.
package wholefile

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
)

// Write makes or replaces the file at path: fill writes a hidden one beside it, which is renamed once it is complete
// and on disk. If anything fails, what was at path stays and nothing else is left. Where path is a link, the file that it
// stands for is made or replaced.
func Write(path string, fill func(io.Writer) error) (err error) {
	path = Target(path)
	tmp, err := createTemp(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			tmp.Close()
			os.Remove(tmp.Name())
		}
	}()
	w := bufio.NewWriterSize(tmp, 1<<16)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := tmp.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) { // some network folders cannot
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// WriteBytes is Write for what is in memory already.
func WriteBytes(path string, data []byte) error {
	return Write(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// Probe returns the error that Write would meet because no file can be made beside path. It leaves nothing behind.
func Probe(path string) error {
	tmp, err := createTemp(Target(path))
	if err != nil {
		return err
	}
	return errors.Join(tmp.Close(), os.Remove(tmp.Name()))
}

// Target is the path that links at path lead to, path itself where it is none.
func Target(path string) string {
	const most = 40 // links in a row, as many as Linux follows
	for range most {
		to, err := os.Readlink(path)
		if err != nil {
			return path
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// createTemp makes a hidden file beside path, .NAME.TAG.tmp, with the permissions that the user's umask gives to any
// new file (os.CreateTemp would make it private). Its errors name the folder, not the hidden file.
func createTemp(path string) (*os.File, error) {
	var tag [6]byte
	if _, err := rand.Read(tag[:]); err != nil {
		return nil, err
	}
	dir, base := filepath.Split(path)
	f, err := os.OpenFile(filepath.Join(dir, "."+base+"."+hex.EncodeToString(tag[:])+".tmp"), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the folder %s does not exist", filepath.Dir(path))
	}
	var of *fs.PathError
	if errors.As(err, &of) {
		return nil, fmt.Errorf("cannot create a file in %s: %w", filepath.Dir(path), of.Err)
	}
	return f, err
}

// Sweep removes from a folder what killed processes left of the files with the given names. No process may be writing
// one of these files.
func Sweep(dir string, names map[string]bool) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		m := hidden.FindStringSubmatch(e.Name())
		if m == nil || !names[m[1]] {
			continue
		}
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// hidden is how createTemp calls files.
var hidden = regexp.MustCompile(`^\.(.+)\.[0-9a-f]{12}\.tmp$`)
