// Package session lets client protocols annotate volumes with the engine of package project. The objects of a session are
// documents without a journal, and their runs are jobs like any others.
//
//	annotate/nninteractive, monailabel, itksnap ─► Backend ─► project ─► Model
//
// Where to start reading: session.go, object.go, canvas.go.
package session

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Backend opens sessions on a project. It implements annotate.Backend.
type Backend struct {
	project *project.Project
	limits  annotate.Limits

	mu     sync.Mutex
	open   int
	voxels int
}

// New returns a backend without open sessions.
func New(p *project.Project, limits annotate.Limits) *Backend {
	return &Backend{project: p, limits: limits}
}

// Limits implements annotate.Backend.
func (b *Backend) Limits() annotate.Limits { return b.limits }

// Open implements annotate.Backend. A volume with too many voxels is an InputError.
func (b *Backend) Open(v *volume.Volume) (annotate.Session, error) {
	n := len(v.Data)
	if n != v.Dim[0]*v.Dim[1]*v.Dim[2] || n == 0 {
		panic(fmt.Sprintf("session.Open: got %d voxels for a %v grid", n, v.Dim))
	}
	if n > b.limits.Voxels {
		return nil, annotate.Inputf("the volume has %d voxels, more than the %d that this server accepts", n, b.limits.Voxels)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open >= b.limits.Sessions {
		return nil, annotate.ErrFull
	}
	held, err := b.project.Hold(v)
	if err != nil {
		return nil, err
	}
	b.open++
	b.voxels += n
	ctx, cancel := context.WithCancel(context.Background())
	return &session{backend: b, held: held, volume: v, home: v.AcquisitionAxis(), ctx: ctx, cancel: cancel, objects: map[int]*object{}}, nil
}

// Usage returns the number of open sessions, and of the voxels in their volumes.
func (b *Backend) Usage() (sessions, voxels int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open, b.voxels
}

// closed subtracts a closed session from the usage.
func (b *Backend) closed(voxels int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open--
	b.voxels -= voxels
}

// session is an open volume. It implements annotate.Session.
type session struct {
	backend *Backend
	held    *project.Held
	volume  *volume.Volume
	home    int // the acquisition axis
	ctx     context.Context
	cancel  context.CancelFunc
	work    sync.WaitGroup // of runs in progress

	mu      sync.Mutex // guards the fields below and all objects
	objects map[int]*object
	closed  bool
}

// errClosed is returned by the methods of a closed session.
var errClosed = errors.New("the session is closed")

// with runs f on an object under the session's lock.
func (s *session) with(number int, f func(*object) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	o := s.objects[number]
	if o == nil {
		o = &object{session: s}
		s.objects[number] = o
	}
	return f(o)
}

// until returns a context that ends with ctx, and when the session is closed.
func (s *session) until(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// Dim implements annotate.Session.
func (s *session) Dim() [3]int { return s.volume.Dim }

// Apply implements annotate.Session.
func (s *session) Apply(ctx context.Context, number int, strokes ...annotate.Stroke) error {
	for i := range strokes {
		if err := strokes[i].Check(s.volume.Dim); err != nil {
			return err
		}
	}
	ctx, cancel := s.until(ctx)
	defer cancel()
	return s.with(number, func(o *object) error {
		return o.step(func() error { return o.draw(ctx, strokes) })
	})
}

// Replace implements annotate.Session.
func (s *session) Replace(number int, mask []uint8) error {
	if len(mask) != len(s.volume.Data) {
		panic(fmt.Sprintf("session.Replace: got %d voxels, want %d", len(mask), len(s.volume.Data)))
	}
	return s.with(number, func(o *object) error {
		return o.step(func() error {
			defer o.show()
			return o.replace(mask)
		})
	})
}

// Run implements annotate.Session.
func (s *session) Run(ctx context.Context, number int, progress func(done, total int)) (ran bool, err error) {
	var documents []*project.Document
	var version int
	err = s.with(number, func(o *object) error {
		if ran = o.stale; ran {
			documents, version = o.present(), o.version
		}
		s.work.Add(1)
		return nil
	})
	if err != nil {
		return false, err
	}
	defer s.work.Done()
	if !ran {
		return false, nil
	}
	ctx, cancel := s.until(ctx)
	defer cancel()
	if progress == nil {
		progress = func(int, int) {}
	}
	for _, d := range documents {
		err := s.backend.project.Run(ctx, d, author.Name, project.Run{}, progress)
		if err != nil && !errors.Is(err, project.ErrUnchanged) && !errors.Is(err, project.ErrNoOutline) {
			return false, err
		}
	}
	err = s.with(number, func(o *object) error {
		o.stale = o.version != version // strokes arrived during the run
		o.show()
		return nil
	})
	return err == nil, err
}

// Undo implements annotate.Session.
func (s *session) Undo(number int) (undone bool, err error) {
	err = s.with(number, func(o *object) error {
		undone, err = o.undo()
		return err
	})
	return undone, err
}

// Reset implements annotate.Session.
func (s *session) Reset(number int) error {
	return s.with(number, func(o *object) error {
		o.stop()
		delete(s.objects, number)
		return nil
	})
}

// Mask implements annotate.Session.
func (s *session) Mask(number int, dst []uint8) error {
	if len(dst) != len(s.volume.Data) {
		panic(fmt.Sprintf("session.Mask: got %d bytes, want %d", len(dst), len(s.volume.Data)))
	}
	return s.with(number, func(o *object) error {
		views, err := viewsOf(o.shown)
		if err != nil {
			return err
		}
		clear(dst)
		for axis, v := range views {
			for slice, plane := range v.Masks {
				paint(dst, s.volume.Dim, axis, slice, plane)
			}
		}
		return nil
	})
}

// Doubts implements annotate.Session.
func (s *session) Doubts(number int) (out []annotate.Doubt) {
	_ = s.with(number, func(o *object) error { // a closed session has none
		views, err := viewsOf(o.shown)
		for axis, v := range views {
			out = append(out, v.Doubts(axis)...)
		}
		return err
	})
	return out
}

// Close implements annotate.Session.
func (s *session) Close() {
	s.cancel() // before the lock, which strokes hold while the model looks for what they mean
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	s.work.Wait()
	if was {
		return
	}
	for _, o := range s.objects {
		o.stop()
	}
	s.held.Release()
	s.backend.closed(len(s.volume.Data))
}
