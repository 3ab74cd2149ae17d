package inmemory

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// session is one open volume.
type session struct {
	engine *Engine
	volume *volume.Volume
	home   int // the acquisition axis
	ctx    context.Context
	cancel context.CancelFunc
	work   sync.WaitGroup // runs

	mu      sync.Mutex // guards what follows, and every object
	objects map[int]*object
	closed  bool
}

func newSession(e *Engine, v *volume.Volume) *session {
	ctx, cancel := context.WithCancel(context.Background())
	return &session{engine: e, volume: v, home: v.AcquisitionAxis(), ctx: ctx, cancel: cancel, objects: map[int]*object{}}
}

// Dim implements annotate.Session.
func (s *session) Dim() [3]int { return s.volume.Dim }

// with runs f on an object under the session's lock.
func (s *session) with(number int, f func(*object) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	o := s.objects[number]
	if o == nil {
		o = &object{}
		s.objects[number] = o
	}
	return f(o)
}

// Apply implements annotate.Session.
func (s *session) Apply(number int, strokes ...annotate.Stroke) error {
	for i := range strokes {
		if err := strokes[i].Check(s.volume.Dim); err != nil {
			return err
		}
	}
	return s.with(number, func(o *object) error {
		next := o.now.clone()
		for _, stroke := range strokes {
			next.draw(s.volume, s.home, stroke)
		}
		next.stale = true
		o.step(next)
		return nil
	})
}

// Replace implements annotate.Session.
func (s *session) Replace(number int, mask []uint8) error {
	if len(mask) != len(s.volume.Data) {
		panic(fmt.Sprintf("inmemory.Replace: got %d voxels, want %d", len(mask), len(s.volume.Data)))
	}
	next := state{mask: pack(mask), stale: true}
	outlines := map[int][]bool{}
	for i := range s.volume.Dim[s.home] {
		if plane, any := planeOf(mask, s.volume.Dim, s.home, i); any {
			outlines[i] = plane
		}
	}
	next.outlines[s.home] = outlines
	return s.with(number, func(o *object) error {
		o.step(next)
		return nil
	})
}

// Run implements annotate.Session.
func (s *session) Run(ctx context.Context, number int, progress func(done, total int)) (bool, error) {
	var from state
	var version int
	err := s.with(number, func(o *object) error {
		from, version = o.now, o.version
		s.work.Add(1)
		return nil
	})
	if err != nil {
		return false, err
	}
	defer s.work.Done()
	if !from.stale {
		return false, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.ctx, cancel)()
	if progress == nil {
		progress = func(int, int) {}
	}
	next, err := s.compute(ctx, from, progress)
	if err != nil {
		return false, err
	}
	err = s.with(number, func(o *object) error {
		if o.version != version {
			return annotate.Inputf("the outlines changed while they were carried through the volume: run again")
		}
		o.now, o.version = next, o.version+1
		return nil
	})
	return err == nil, err
}

// compute tracks a state's outlines along every axis that has some and composes the mask. Where outlines of one
// axis only were added or changed, that is only what lies between them and their neighbors.
func (s *session) compute(ctx context.Context, from state, progress func(done, total int)) (state, error) {
	next := from.clone()
	next.stale, next.tracked = false, next.clone().outlines
	dim := s.volume.Dim
	only, axis := from.affected(dim)
	var found [3]map[int][]bool
	if only == nil {
		next.mask, next.doubts = nil, nil
	} else {
		next.clear(dim, axis, only)
	}
	for axis, outlines := range next.outlines {
		if !anyDrawn(outlines) || only != nil && len(only) == 0 {
			continue
		}
		j := Job{Volume: s.volume, Axis: axis, Outlines: outlines, Progress: progress, Only: only}
		if only != nil {
			j.Earlier = next.mask.planes(dim, axis)
		}
		f, err := s.engine.track(ctx, j)
		if err != nil {
			return state{}, err
		}
		found[axis] = f.Masks
		next.doubts = append(next.doubts, f.Doubts...)
	}
	next.compose(dim, found)
	return next, nil
}

// Undo implements annotate.Session.
func (s *session) Undo(number int) (undone bool, err error) {
	err = s.with(number, func(o *object) error {
		undone = o.undo()
		return nil
	})
	return undone, err
}

// Reset implements annotate.Session.
func (s *session) Reset(number int) error {
	return s.with(number, func(o *object) error {
		*o = object{version: o.version + 1}
		return nil
	})
}

// Mask implements annotate.Session.
func (s *session) Mask(number int, dst []uint8) error {
	if len(dst) != len(s.volume.Data) {
		panic(fmt.Sprintf("inmemory.Mask: got %d bytes, want %d", len(dst), len(s.volume.Data)))
	}
	return s.with(number, func(o *object) error {
		o.now.mask.unpack(dst)
		return nil
	})
}

// Doubts implements annotate.Session.
func (s *session) Doubts(number int) []annotate.Doubt {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.objects[number]; o != nil {
		return o.now.doubts
	}
	return nil
}

// Close implements annotate.Session.
func (s *session) Close() {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.work.Wait()
	if !was {
		s.engine.closed(len(s.volume.Data))
	}
}
