package project

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/folder"
)

// listed is the state of a volume whose journal had that size and time.
type listed struct {
	size    int64
	changed time.Time
	state   State
}

// stateOf is a volume's state. Volumes that nobody worked on are not read, and journals that nobody has open are read once
// per change and closed again: a folder may have thousands.
func (p *Project) stateOf(v folder.Volume) (State, error) {
	path, err := p.folder.Keep(kind, v.ID, ".journal")
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	d, known := p.documents[v.ID], p.listed[v.ID]
	p.mu.Unlock()
	if d != nil {
		return d.progress()
	}
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

// stateInJournal opens a journal for its state alone.
func (p *Project) stateInJournal(v folder.Volume, path string) (State, error) {
	geom, err := p.folder.Stat(v)
	if err != nil {
		return "", err
	}
	p.mu.Lock() // nobody opens it meanwhile
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

// progress is the document's state.
func (d *Document) progress() (State, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, err := d.state()
	if err != nil {
		return "", err
	}
	return s.progress(), nil
}

// labeled is the state of a volume without a journal: final label maps come from other programs.
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
