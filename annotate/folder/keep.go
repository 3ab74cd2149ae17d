package folder

import (
	"path"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Keep is the path of the file in which a program keeps what it knows of a volume, in a folder of its own (kind)
// within .slmsam, which is made if need be.
func (f *Folder) Keep(kind, id, ext string) (string, error) {
	name, err := fileName(id, ext)
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	dir := path.Join(kept, kind)
	if err := f.mkdir(dir); err != nil {
		return "", err
	}
	return f.path(path.Join(dir, name)), nil
}

// Stat reads a volume's grid but none of its voxels; as Read, it refuses what is too large.
func (f *Folder) Stat(v Volume) (volume.Geometry, error) {
	file := f.path(v.file)
	if err := fits(file, f.maxVoxels); err != nil {
		return volume.Geometry{}, err
	}
	g, err := volume.Stat(file)
	if err != nil {
		return volume.Geometry{}, unreadable(file, err)
	}
	return g, nil
}
