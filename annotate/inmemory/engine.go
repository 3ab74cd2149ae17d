// Package inmemory is an annotate.Backend that keeps its sessions in memory and computes one run after another.
// Strokes of every kind become outlines, and a Tracker carries them through the volume.
//
// Where to start reading: engine.go, session.go, object.go.
package inmemory

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Tracker carries one object's outlines through a volume. Runs come one at a time.
type Tracker interface {
	// Track returns the masks of the slices that have no outline and on which the object is.
	Track(ctx context.Context, j Job) (Found, error)
}

// Job is what a Tracker is asked for. Planes are row-major [h,w].
type Job struct {
	Volume   *volume.Volume
	Axis     int
	Outlines map[int][]bool // by slice, at least one of them not empty; an empty one says that the object is not there
	Progress func(done, total int)

	// Only lists the slices to compute, Earlier is the object's mask on all the others; nil: compute all.
	Only    []Span
	Earlier map[int][]bool // by slice; no entry: the object is not there
}

// Span is the slices First to End-1.
type Span struct{ First, End int }

// Found is what a Tracker found.
type Found struct {
	Masks  map[int][]bool // by slice
	Doubts []annotate.Doubt
}

// Engine is the backend.
type Engine struct {
	tracker Tracker
	limits  annotate.Limits
	device  chan struct{} // holds one token: who has it computes

	mu     sync.Mutex
	open   int
	voxels int
}

// New returns a backend without sessions.
func New(tracker Tracker, limits annotate.Limits) *Engine {
	e := &Engine{tracker: tracker, limits: limits, device: make(chan struct{}, 1)}
	e.device <- struct{}{}
	return e
}

// Limits implements annotate.Backend.
func (e *Engine) Limits() annotate.Limits { return e.limits }

// Open implements annotate.Backend. A volume that is too large by itself is an InputError.
func (e *Engine) Open(v *volume.Volume) (annotate.Session, error) {
	n := len(v.Data)
	if n != v.Dim[0]*v.Dim[1]*v.Dim[2] || n == 0 {
		panic(fmt.Sprintf("inmemory.Open: got %d voxels for a %v grid", n, v.Dim))
	}
	if n > e.limits.Voxels {
		return nil, annotate.Inputf("the volume has %d voxels, more than the %d that this server takes", n, e.limits.Voxels)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open >= e.limits.Sessions || e.voxels+n > e.limits.TotalVoxels {
		return nil, annotate.ErrFull
	}
	e.open++
	e.voxels += n
	return newSession(e, v), nil
}

// Usage is how many volumes are open, and their voxels.
func (e *Engine) Usage() (sessions, voxels int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.open, e.voxels
}

// closed gives back what a session held.
func (e *Engine) closed(voxels int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open--
	e.voxels -= voxels
}

// track waits for the device and runs the tracker. Who waits longest comes first.
func (e *Engine) track(ctx context.Context, j Job) (Found, error) {
	select {
	case <-ctx.Done():
		return Found{}, ctx.Err()
	case <-e.device:
	}
	defer func() { e.device <- struct{}{} }()
	return e.tracker.Track(ctx, j)
}

// errClosed is what a closed session answers.
var errClosed = errors.New("the session is closed")
