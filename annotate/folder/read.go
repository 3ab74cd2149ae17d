package folder

import (
	"strings"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Read reads a volume.
func (f *Folder) Read(v Volume) (*volume.Volume, error) {
	return ReadVolume(f.path(v.file), f.maxVoxels)
}

// reading makes sure that only one file at a time is read: a volume's memory is not accounted for until it is in use.
var reading sync.Mutex

// ReadVolume reads a volume with at most maxVoxels voxels. A file that cannot be read is an InputError, which does not
// reveal the file's path.
func ReadVolume(file string, maxVoxels int) (*volume.Volume, error) {
	if _, err := stat(file, maxVoxels); err != nil {
		return nil, err
	}
	reading.Lock()
	defer reading.Unlock()
	v, err := volume.Read(file)
	if err != nil {
		return nil, unreadable(file, err)
	}
	return v, nil
}

// ReadLabelMap is ReadVolume for label maps.
func ReadLabelMap(file string, maxVoxels int) (*volume.LabelMap, error) {
	if _, err := stat(file, maxVoxels); err != nil {
		return nil, err
	}
	reading.Lock()
	defer reading.Unlock()
	l, err := volume.ReadLabelMap(file)
	if err != nil {
		return nil, unreadable(file, err)
	}
	return l, nil
}

// stat reads the grid of a file, and refuses one that is too large before any voxels are read.
func stat(file string, maxVoxels int) (volume.Geometry, error) {
	g, err := volume.Stat(file)
	if err != nil {
		return g, unreadable(file, err)
	}
	if d := g.Dim; d[0] > maxVoxels/d[1]/d[2] {
		return g, annotate.Inputf("the volume has %v voxels, more than the %d that this server accepts", d, maxVoxels)
	}
	return g, nil
}

// unreadable says what is wrong with a file, without its path.
func unreadable(file string, err error) error {
	text := strings.ReplaceAll(err.Error(), "volume: read "+file+": ", "")
	return annotate.Inputf("the file cannot be read: %s", strings.ReplaceAll(text, file, "it"))
}
