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

// reading lets one file at a time become a volume: its memory is not counted until the volume is in use.
var reading sync.Mutex

// ReadVolume reads a volume if it has at most maxVoxels; what is wrong with the file is an InputError that does
// not say where it lies.
func ReadVolume(file string, maxVoxels int) (*volume.Volume, error) {
	if err := fits(file, maxVoxels); err != nil {
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
	if err := fits(file, maxVoxels); err != nil {
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

// fits checks a file's size before its voxels are read.
func fits(file string, maxVoxels int) error {
	g, err := volume.Stat(file)
	if err != nil {
		return unreadable(file, err)
	}
	if d := g.Dim; d[0] > maxVoxels/d[1]/d[2] {
		return annotate.Inputf("the volume has %v voxels, more than the %d that this server accepts", d, maxVoxels)
	}
	return nil
}

// unreadable says what is wrong with a file without its path.
func unreadable(file string, err error) error {
	text := strings.ReplaceAll(err.Error(), "volume: read "+file+": ", "")
	return annotate.Inputf("the file cannot be read: %s", strings.ReplaceAll(text, file, "it"))
}
