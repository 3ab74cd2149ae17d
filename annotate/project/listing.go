package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/folder"
)

// listed is the state of a volume, valid as long as its journal has this size and time.
type listed struct {
	size    int64
	changed time.Time
	state   State
}

// stateOf returns a volume's state. A folder may have thousands of volumes, so volumes without a journal are not read, and
// journals that are not open are read only once per change, and closed again.
func (p *Project) stateOf(v folder.Volume) (State, error) {
	path, err := p.folder.Keep(folder.Journals, v.ID, folder.JournalExt)
	if err != nil {
		return "", err
	}
	if d := p.opened(v.ID); d != nil {
		return d.progress()
	}
	p.mu.Lock()
	known := p.listed[v.ID]
	p.mu.Unlock()
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p.labeled(v)
	case err != nil:
		return "", fmt.Errorf("look at the journal: %w", err)
	case known.state != "" && known.size == info.Size() && known.changed.Equal(info.ModTime()):
		return known.state, nil
	}
	state, err := p.stateInJournal(v, path)
	if err != nil {
		p.log.Error("volume in the list", "error", err)
	}
	return state, err
}

// stateInJournal opens a journal only to get the volume's state.
func (p *Project) stateInJournal(v folder.Volume, path string) (State, error) {
	geom, err := p.folder.Stat(v)
	if err != nil {
		return "", err
	}
	p.mu.Lock() // so that nobody opens it in the meantime
	defer p.mu.Unlock()
	if d := p.documents[v.ID]; d != nil {
		return d.progress()
	}
	d, err := openDocument(v.ID, path, grid{dim: geom.Dim, axis: geom.AcquisitionAxis()})
	if err != nil {
		return "", err
	}
	defer d.Close()
	if d.revision == 0 {
		return p.labeled(v)
	}
	state, err := d.progress()
	if err != nil {
		return "", err
	}
	if info, err := os.Stat(path); err == nil {
		p.listed[v.ID] = listed{info.Size(), info.ModTime(), state}
	}
	return state, nil
}

// progress returns the volume's state.
func (d *Document) progress() (State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.state()
	if err != nil {
		return "", err
	}
	return s.progress(), nil
}

// labeled returns the state of a volume without a journal. A final label map then comes from another program.
func (p *Project) labeled(v folder.Volume) (State, error) {
	_, err := p.folder.Label(v.ID, folder.Final)
	switch {
	case errors.Is(err, folder.ErrUnknown):
		return New, nil
	case err != nil:
		return "", err
	}
	return Reviewed, nil
}
