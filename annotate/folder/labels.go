package folder

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/internal/wholefile"
)

// Final is the tag of label maps that an annotator has submitted.
const Final = "final"

// The folders of label maps.
const (
	finalDir = "labelsTr"
	tagDir   = "labels_" // followed by the tag
)

// tagPattern matches valid tags.
var tagPattern = regexp.MustCompile(`^[a-z0-9_-]{1,32}$`)

// dirOf returns the folder of a tag's label maps.
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
				continue // no file can have such a name
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

// Label returns a volume's label map with the given tag, or ErrUnknown.
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

// LabelPath returns the path of a label map on this machine.
func (f *Folder) LabelPath(l LabelFile) string { return f.path(l.file) }

// SaveLabel copies a file into the folder as a volume's label map with the given tag. A label map that it replaces goes
// to the trash.
func (f *Folder) SaveLabel(v Volume, tag, ext, from string) error {
	dir, err := dirOf(tag)
	if err != nil {
		return err
	}
	name, err := fileName(v.ID, ext)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	old, err := f.Label(v.ID, tag)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return err
	}
	if err := f.mkdir(dir); err != nil {
		return err
	}
	file := path.Join(dir, name)
	to, err := f.writable(file)
	if err != nil {
		return err
	}
	if old.file == file {
		if err := f.preserve(file); err != nil {
			return err
		}
	}
	if err := copyFile(to, from); err != nil {
		return err
	}
	if old.file != "" && old.file != file { // in another format
		return f.discard(old.file)
	}
	return nil
}

// RemoveLabel moves a label map to the trash, with what clients stored about it.
func (f *Folder) RemoveLabel(l LabelFile) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.discardIfAny(path.Join(kept, strings.TrimSuffix(l.file, l.Ext)+".json")); err != nil {
		return err
	}
	return f.discard(l.file)
}

// infoLimit bounds what clients can store about a volume or label map, in bytes.
const infoLimit = 1 << 16

// infoFile names the file with what clients stored about a volume (empty tag) or one of its label maps.
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

// Info returns what clients stored about a volume (empty tag) or one of its label maps.
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

// SetInfo stores what a client says about a volume or label map, in addition to what is already stored.
func (f *Folder) SetInfo(id, tag string, more map[string]any) error {
	file, err := infoFile(id, tag)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := f.Info(id, tag)
	if err != nil {
		return err
	}
	maps.Copy(info, more)
	raw, err := json.Marshal(info)
	if err != nil {
		return fmt.Errorf("store information about a volume: %w", err)
	}
	if len(raw) > infoLimit {
		return annotate.Inputf("more than %d bytes were sent about one volume", infoLimit)
	}
	if err := f.mkdir(path.Dir(file)); err != nil {
		return err
	}
	to, err := f.writable(file)
	if err != nil {
		return err
	}
	return wholefile.WriteBytes(to, raw)
}
