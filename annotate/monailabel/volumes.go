package monailabel

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// volumes holds the open volumes. They stay open between requests, with what the backend has computed for them, until
// another volume needs the room.
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
	grid    *volume.Volume // the volume without its voxels
	home    int            // the acquisition axis

	mu      sync.Mutex // guards what follows
	objects int        // last object number used: every request has its own object
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

// acquire opens a volume, unless it is already open. Callers must release it.
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
	if o := v.byKey[key]; o != nil { // another request opened it in the meantime
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

// drop removes a volume from the list. The lock is held. It is closed at once, or by its last user.
func (v *volumes) drop(o *opened) {
	delete(v.byKey, o.key)
	o.forgotten = true
	if o.users == 0 {
		o.session.Close()
	}
}

// closeOldest closes the volume that has been unused for the longest time; false if all are in use.
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

// sweep closes volumes that have been unused for too long, and all volumes when ctx ends.
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
