package project

import (
	"container/list"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Image is a volume in memory, with a copy of its voxels as a NIfTI file for browsers.
type Image struct {
	Volume *volume.Volume
	NIfTI  string // path
	window *window
}

// window is a volume's, which is looked for once: it takes a pass over all voxels.
type window struct {
	mu    sync.Mutex
	known bool
	rule  volume.WindowRule
	found volume.Window
}

// of is a volume's window by a rule; the empty one is auto.
func (w *window) of(v *volume.Volume, rule volume.WindowRule) (volume.Window, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known && w.rule == rule {
		return w.found, nil
	}
	parsed, err := volume.ParseWindowRule(string(rule))
	if err == nil {
		w.found, err = parsed.Of(v)
	}
	w.known, w.rule = err == nil, rule
	return w.found, err
}

// images keeps the volumes that were used last, up to a number of voxels. Those in use stay.
type images struct {
	dir    string // of the copies
	budget int    // voxels

	mu     sync.Mutex
	held   map[string]*heldImage
	recent list.List // of *heldImage, the last used first
	voxels int
	made   int // copies, to name them
}

// heldImage is one volume.
type heldImage struct {
	id    string
	copy  string // path of the copy
	users int
	place *list.Element
	once  sync.Once
	image Image
	err   error
}

func newImages(budget int) (*images, error) {
	dir, err := os.MkdirTemp("", "slmsam-serve-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for copies: %w", err)
	}
	return &images{dir: dir, budget: budget, held: map[string]*heldImage{}}, nil
}

// use returns a volume, read by read if it is not there, and what to call when it is no longer needed.
func (c *images) use(id string, read func() (*volume.Volume, error)) (Image, func(), error) {
	c.mu.Lock()
	h := c.held[id]
	if h == nil {
		c.made++
		h = &heldImage{id: id, copy: filepath.Join(c.dir, strconv.Itoa(c.made)+".nii")}
		c.held[id] = h
		h.place = c.recent.PushFront(h)
	}
	h.users++
	c.recent.MoveToFront(h.place)
	c.mu.Unlock()
	h.once.Do(func() { h.err = c.load(h, read) })
	release := sync.OnceFunc(func() { c.release(h) })
	if h.err != nil {
		release()
		return Image{}, nil, h.err
	}
	return h.image, release, nil
}

// load reads a volume once there is room for it.
func (c *images) load(h *heldImage, read func() (*volume.Volume, error)) error {
	v, err := read()
	if err != nil {
		return err
	}
	if err := c.reserve(len(v.Data)); err != nil {
		return err
	}
	if err := volume.WriteVolume(h.copy, v, volume.WriteOptions{}); err != nil {
		c.mu.Lock()
		c.voxels -= len(v.Data)
		c.mu.Unlock()
		return fmt.Errorf("make a copy for the browser: %w", err)
	}
	h.image = Image{Volume: v, NIfTI: h.copy, window: &window{}}
	return nil
}

// reserve makes room by letting go of the volumes that were not used for the longest time.
func (c *images) reserve(voxels int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for at := c.recent.Back(); at != nil && c.voxels+voxels > c.budget; {
		h := at.Value.(*heldImage)
		at = at.Prev()
		if h.users == 0 {
			c.forget(h)
		}
	}
	if c.voxels+voxels > c.budget {
		return annotate.ErrFull
	}
	c.voxels += voxels
	return nil
}

// hold makes room for a volume that cannot be read again, until the returned function is called.
func (c *images) hold(voxels int) (func(), error) {
	if err := c.reserve(voxels); err != nil {
		return nil, err
	}
	return sync.OnceFunc(func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.voxels -= voxels
	}), nil
}

// forget drops a volume; the lock is held.
func (c *images) forget(h *heldImage) {
	delete(c.held, h.id)
	c.recent.Remove(h.place)
	if h.image.Volume != nil {
		c.voxels -= len(h.image.Volume.Data)
		_ = os.Remove(h.image.NIfTI) // the whole folder goes in the end
	}
}

// release ends a use. What could not be read is not kept, so that it is tried again.
func (c *images) release(h *heldImage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h.users--
	if h.err != nil && h.users == 0 && c.held[h.id] == h {
		c.forget(h)
	}
}

// count is how many volumes and voxels are in memory.
func (c *images) count() (volumes, voxels int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.held), c.voxels
}

func (c *images) close() error {
	if err := os.RemoveAll(c.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove copies: %w", err)
	}
	return nil
}
