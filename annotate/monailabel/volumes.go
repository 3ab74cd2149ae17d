package monailabel

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// volumes are those that are open: they stay so between requests, for what the backend computed of them, until
// another needs the room.
type volumes struct {
	backend annotate.Backend
	idle    time.Duration

	mu    sync.Mutex
	byKey map[string]*opened
}

// opened is an open volume.
type opened struct {
	key     string
	session annotate.Session
	grid    *volume.Volume // without voxels
	home    int            // the acquisition axis

	mu      sync.Mutex // guards what follows
	objects int        // the last number used: every request is an object of its own
	painted map[string]painted

	// guarded by the volumes' lock
	users     int
	used      time.Time
	forgotten bool // to be closed by the last user
}

func newVolumes(ctx context.Context, backend annotate.Backend, idle time.Duration) *volumes {
	v := &volumes{backend: backend, idle: idle, byKey: map[string]*opened{}}
	go v.sweep(ctx)
	return v
}

// acquire opens a volume, or finds it open. Callers release it.
func (v *volumes) acquire(key string, read func() (*volume.Volume, error)) (*opened, error) {
	if o := v.find(key); o != nil {
		return o, nil
	}
	vol, err := read()
	if err != nil {
		return nil, err
	}
	grid := *vol
	grid.Data = nil
	home := vol.AcquisitionAxis()
	session, err := v.backend.Open(vol)
	for errors.Is(err, annotate.ErrFull) && v.closeOldest() {
		session, err = v.backend.Open(vol)
	}
	if err != nil {
		return nil, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if o := v.byKey[key]; o != nil { // another request was faster
		o.users++
		session.Close()
		return o, nil
	}
	o := &opened{key: key, session: session, grid: &grid, home: home, painted: map[string]painted{}, users: 1}
	v.byKey[key] = o
	return o, nil
}

func (v *volumes) find(key string) *opened {
	v.mu.Lock()
	defer v.mu.Unlock()
	o := v.byKey[key]
	if o != nil {
		o.users++
	}
	return o
}

// release ends a request's use.
func (v *volumes) release(o *opened) {
	v.mu.Lock()
	defer v.mu.Unlock()
	o.users--
	o.used = time.Now()
	if o.forgotten && o.users == 0 {
		o.session.Close()
	}
}

// forget closes a volume once nobody uses it.
func (v *volumes) forget(key string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if o := v.byKey[key]; o != nil {
		v.drop(o)
	}
}

// drop takes a volume out of the list and closes it if nobody uses it.
func (v *volumes) drop(o *opened) {
	delete(v.byKey, o.key)
	o.forgotten = true
	if o.users == 0 {
		o.session.Close()
	}
}

// closeOldest makes room; false: all that is open is in use.
func (v *volumes) closeOldest() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	var oldest *opened
	for _, o := range v.byKey {
		if o.users == 0 && (oldest == nil || o.used.Before(oldest.used)) {
			oldest = o
		}
	}
	if oldest == nil {
		return false
	}
	v.drop(oldest)
	return true
}

// sweep closes what was not used for long; all when ctx ends.
func (v *volumes) sweep(ctx context.Context) {
	ticker := time.NewTicker(max(v.idle/10, time.Millisecond))
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
		v.mu.Lock()
		for _, o := range v.byKey {
			if o.users == 0 && time.Since(o.used) > v.idle || ctx.Err() != nil {
				v.drop(o)
			}
		}
		v.mu.Unlock()
	}
}
