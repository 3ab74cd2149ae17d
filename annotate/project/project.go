package project

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Model propagates outlines through volumes. *slmsam.Model implements it.
type Model interface {
	Segment(ctx context.Context, r slmsam.Request) (*slmsam.Result, error)
	// Prepare computes ahead what Segment needs for slices, in the given order.
	Prepare(ctx context.Context, s slmsam.Slices, order []int) error
	// WindowRule returns the rule for the intensity window of volumes.
	WindowRule() volume.WindowRule
}

// Project is an open folder. Its methods may be called from several goroutines at once.
type Project struct {
	folder *folder.Folder
	model  Model
	limits annotate.Limits
	images *images
	log    *slog.Logger

	ctx    context.Context // of the jobs
	cancel context.CancelFunc
	worker sync.WaitGroup

	mu        sync.Mutex
	documents map[string]*Document
	listed    map[string]listed // by volume: its state when its journal was last read but not kept open
	queue     []*job            // the first one may be running
	wake      chan struct{}     // holds an element when there may be work
	ahead     preparing
	done      [3]int // number of jobs by outcome
	closed    bool
}

// Open opens a project on a folder. limits.TotalVoxels bounds the volumes in memory.
func Open(f *folder.Folder, model Model, limits annotate.Limits, log *slog.Logger) (*Project, error) {
	cache, err := newImages(limits.TotalVoxels)
	if err != nil {
		return nil, err
	}
	p := &Project{folder: f, model: model, limits: limits, images: cache, log: log, documents: map[string]*Document{}, listed: map[string]listed{}, wake: make(chan struct{}, 1)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.worker.Add(1)
	go p.work()
	return p, nil
}

// Close stops all work and closes the documents. The folder stays open.
func (p *Project) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel()
	p.worker.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range p.documents {
		d.Close()
	}
	return p.images.close()
}

// Entry is a volume in the project's list.
type Entry struct {
	ID    string `json:"id"`
	Name  string `json:"name"` // for people
	State State  `json:"state"`
	Error string `json:"error,omitempty"` // why it cannot be opened
}

// Volumes lists the volumes with their states.
func (p *Project) Volumes() ([]Entry, error) {
	list, err := p.folder.Volumes()
	if err != nil {
		return nil, err
	}
	out := make([]Entry, 0, len(list))
	for _, v := range list {
		e := Entry{ID: v.ID, Name: v.Name(), State: New}
		state, err := p.stateOf(v)
		if err != nil {
			e.Error = publicError(err)
		} else {
			e.State = state
		}
		out = append(out, e)
	}
	return out, nil
}

// publicError returns the text of an error without paths of this machine.
func publicError(err error) string {
	var input *annotate.InputError
	if errors.As(err, &input) {
		return input.Reason
	}
	if errors.Is(err, ErrInUse) {
		return ErrInUse.Error()
	}
	return "cannot be opened; the server's log says why"
}

// Document returns a volume's document, and opens it if necessary. It returns folder.ErrUnknown if there is no such volume.
func (p *Project) Document(id string) (*Document, error) {
	if d := p.opened(id); d != nil {
		return d, nil
	}
	v, err := p.folder.Find(id)
	if err != nil {
		return nil, err
	}
	written, err := p.folder.Changed(v)
	if err != nil {
		return nil, err
	}
	geom, err := p.folder.Stat(v)
	if err != nil {
		return nil, err
	}
	path, err := p.folder.Keep(folder.Journals, id, folder.JournalExt)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.documents[id]; d != nil || p.closed { // another request opened it in the meantime
		if d == nil {
			err = errClosed
		}
		return d, err
	}
	d, err := openDocument(id, path, grid{dim: geom.Dim, axis: geom.AcquisitionAxis()})
	if err != nil {
		return nil, err
	}
	d.source, d.written = v, written
	d.image = func() (Image, func(), error) { return p.use(d) }
	if err := p.adopt(d, v); err != nil {
		d.Close()
		return nil, err
	}
	p.documents[id] = d
	return d, nil
}

// opened returns a volume's document if it is open; nil otherwise. A document whose volume was removed or, before anything was
// drawn on it, replaced is closed: a new volume with the same name starts without annotations.
func (p *Project) opened(id string) *Document {
	p.mu.Lock()
	d := p.documents[id]
	p.mu.Unlock()
	if d == nil || !d.moved() && !(d.untouched() && p.replaced(d)) {
		return d
	}
	p.mu.Lock()
	if p.documents[id] == d {
		delete(p.documents, id)
	}
	p.ahead.drop(d)
	p.mu.Unlock()
	p.Stop(d)
	d.Close()
	return nil
}

// replaced reports whether a document's volume was removed or written anew since the document was opened.
func (p *Project) replaced(d *Document) bool {
	changed, err := p.folder.Changed(d.source)
	return err != nil || !changed.Equal(d.written)
}

var errClosed = errors.New("the project is closed")

// Image returns a document's volume, and a function that releases it. From then on, what the model needs is computed ahead.
// Image returns annotate.ErrFull if the volumes in use leave too little room.
func (p *Project) Image(d *Document) (Image, func(), error) {
	image, release, err := d.image()
	if err == nil {
		p.prepareSoon(d)
	}
	return image, release, err
}

// use returns a document's volume, and reads it from the folder unless it is in memory.
func (p *Project) use(d *Document) (Image, func(), error) {
	v, err := p.folder.Find(d.ID)
	if err != nil {
		return Image{}, nil, err
	}
	changed, err := p.folder.Changed(v)
	if err != nil {
		return Image{}, nil, err
	}
	key := fmt.Sprintf("%d %s", changed.UnixNano(), d.ID) // a new file with the same name is another image
	return p.images.use(key, func() (*volume.Volume, error) {
		read, err := p.folder.Read(v)
		if err == nil && read.Dim != d.grid.dim {
			err = annotate.Inputf("the volume has %v voxels now, but had %v when it was annotated: give the new file a different name", read.Dim, d.grid.dim)
		}
		return read, err
	})
}

// Window returns the intensity window in which the model sees a volume.
func (p *Project) Window(image Image) (volume.Window, error) {
	w, err := image.window.of(image.Volume, p.model.WindowRule())
	if err != nil {
		return w, annotate.Inputf("the volume cannot be shown to the model: %v", err)
	}
	return w, nil
}

// Add puts an uploaded file into the folder and returns the volume's ID. If the name is taken, by a volume or by the
// annotations of one that is gone, a number is appended.
func (p *Project) Add(name string, body io.Reader) (id string, err error) {
	name = filepath.Base(filepath.ToSlash(name))
	ext := folder.Extension(name)
	if ext == "" {
		return "", annotate.Inputf("%.100q cannot be uploaded as a volume: want .nii, .nii.gz, .nrrd, .mha, or the folder of a DICOM series", name)
	}
	file, remove, err := p.temporary("upload"+ext, func(path string) error { return receive(path, body) })
	if err != nil {
		return "", err
	}
	defer remove()
	stem := name[:len(name)-len(ext)]
	for n := 1; n < 1000; n++ {
		id = stem
		if n > 1 {
			id = stem + "-" + strconv.Itoa(n)
		}
		taken, err := p.taken(id)
		if err != nil {
			return "", err
		}
		if !taken {
			return id, p.folder.Add(id, ext, file)
		}
	}
	return "", annotate.Inputf("there are too many volumes with the name %.100q", stem)
}

// taken reports whether a volume has this name, or had it and left annotations behind, which a new volume must not get.
func (p *Project) taken(id string) (bool, error) {
	if _, err := p.folder.Find(id); !errors.Is(err, folder.ErrUnknown) {
		return err == nil, err
	}
	return p.folder.Keeps(folder.Journals, id, folder.JournalExt), nil
}

// Counts are numbers about a project, for monitoring.
type Counts struct {
	Documents, Images, Voxels int
	Queued                    int // jobs, including the running one
	JobsDone, Failed, Stopped int
	MaxVoxels, MaxTotalVoxels int
}

// Counts returns the current numbers.
func (p *Project) Counts() Counts {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := Counts{Documents: len(p.documents), Queued: len(p.queue), JobsDone: p.done[0], Failed: p.done[1], Stopped: p.done[2],
		MaxVoxels: p.limits.Voxels, MaxTotalVoxels: p.limits.TotalVoxels}
	c.Images, c.Voxels = p.images.count()
	return c
}
