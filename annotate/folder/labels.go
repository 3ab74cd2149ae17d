package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Final is the tag of label maps that an annotator submitted.
const Final = "final"

// Where label maps lie.
const (
	finalDir = "labelsTr"
	tagDir   = "labels_"
)

// tagPattern is what a tag may be.
var tagPattern = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// dirOf is the folder of a tag's label maps.
func dirOf(tag string) (string, error) {
	if !tagPattern.MatchString(tag) {
		return "", annotate.Inputf("%.40q cannot be the tag of a label map: want 1 to 32 lowercase letters, digits, _ and -", tag)
	}
	if tag == Final {
		return finalDir, nil
	}
	return tagDir + tag, nil
}

// LabelFile is one label map of a volume.
type LabelFile struct {
	Tag, Ext string
	file     string
}

// Labels lists the label maps of a volume by tag.
func (f *Folder) Labels(id string) (map[string]LabelFile, error) {
	entries, err := fs.ReadDir(f.root.FS(), ".")
	if err != nil {
		return nil, fmt.Errorf("list the served folder: %w", err)
	}
	found := map[string]LabelFile{}
	for _, e := range entries {
		tag, isTag := strings.CutPrefix(e.Name(), tagDir)
		if e.Name() == finalDir {
			tag, isTag = Final, true
		}
		if !isTag || !e.IsDir() {
			continue
		}
		for _, ext := range extensions {
			name, err := fileName(id, ext)
			if err != nil {
				continue // no label map has such a name
			}
			file := path.Join(e.Name(), name)
			if info, err := f.root.Stat(file); err == nil && info.Mode().IsRegular() {
				found[tag] = LabelFile{Tag: tag, Ext: ext, file: file}
				break
			}
		}
	}
	return found, nil
}

// Label is one label map, or ErrUnknown.
func (f *Folder) Label(id, tag string) (LabelFile, error) {
	all, err := f.Labels(id)
	if err != nil {
		return LabelFile{}, err
	}
	l, ok := all[tag]
	if !ok {
		return LabelFile{}, ErrUnknown
	}
	return l, nil
}

// OpenLabel opens a label map's file.
func (f *Folder) OpenLabel(l LabelFile) (*os.File, error) {
	file, err := f.root.Open(l.file)
	if err != nil {
		return nil, ErrUnknown
	}
	return file, nil
}

// Paths are the files of a volume and one of its label maps, for programs on this machine.
func (f *Folder) Paths(v Volume, l LabelFile) (image, label string) {
	return f.path(v.file), f.path(l.file)
}

// SaveLabel makes a file the label map of a volume under a tag, in place of what was there.
func (f *Folder) SaveLabel(v Volume, tag, ext, from string) error {
	dir, err := dirOf(tag)
	if err != nil {
		return err
	}
	name, err := fileName(v.ID, ext)
	if err != nil {
		return err
	}
	old, err := f.Label(v.ID, tag)
	known := err == nil
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.mkdir(dir); err != nil {
		return err
	}
	if err := copyFile(f.path(path.Join(dir, name)), from); err != nil {
		return err
	}
	if known && old.Ext != ext {
		return f.discard(old.file)
	}
	return nil
}

// RemoveLabel takes a label map away, to .slmsam/trash.
func (f *Folder) RemoveLabel(l LabelFile) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.discard(l.file)
}

// infoLimit bounds what is kept of what clients say.
const infoLimit = 1 << 16

// infoFile is where it is kept what clients said of a volume (tag empty) or label map.
func infoFile(id, tag string) (string, error) {
	dir := kept + "/images"
	if tag != "" {
		sub, err := dirOf(tag)
		if err != nil {
			return "", err
		}
		dir = kept + "/" + sub
	}
	name, err := fileName(id, ".json")
	return path.Join(dir, name), err
}

// Info is what clients said of a volume (tag empty) or of one of its label maps.
func (f *Folder) Info(id, tag string) (map[string]any, error) {
	file, err := infoFile(id, tag)
	if err != nil {
		return nil, err
	}
	info := map[string]any{}
	raw, err := fs.ReadFile(f.root.FS(), file)
	if errors.Is(err, fs.ErrNotExist) {
		return info, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &info)
	}
	if err != nil {
		return nil, fmt.Errorf("what is stored about a volume in %s cannot be read: %w", file, err)
	}
	return info, nil
}

// SetInfo keeps what a client says, beside what is kept already.
func (f *Folder) SetInfo(id, tag string, more map[string]any) error {
	file, err := infoFile(id, tag)
	if err != nil {
		return err
	}
	info, err := f.Info(id, tag)
	if err != nil {
		return err
	}
	for key, value := range more {
		info[key] = value
	}
	raw, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("store what was said: %w", err)
	}
	if len(raw) > infoLimit {
		return annotate.Inputf("more than %d bytes were sent about one volume", infoLimit)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.mkdir(path.Dir(file)); err != nil {
		return err
	}
	return wholefile.WriteBytes(f.path(file), raw)
}
