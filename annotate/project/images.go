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

// Image is a volume in memory, with a copy as a NIfTI file for browsers.
type Image struct {
	Volume *volume.Volume
	NIfTI  string // path of the copy
	window *window
}

// window caches a volume's intensity window, which takes a pass over all voxels to compute.
type window struct {
	mu    sync.Mutex
	known bool
	rule  volume.WindowRule
	found volume.Window
}

// of returns a volume's window by a rule; an empty rule means auto.
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

// images keeps the most recently used volumes in memory, up to a number of voxels. Volumes in use are never dropped.
type images struct {
	dir    string // folder of the copies
	budget int    // maximum number of voxels

	mu     sync.Mutex
	held   map[string]*heldImage
	recent list.List // of *heldImage, the most recently used first
	voxels int
	made   int // number of copies made so far, to name them
}

// heldImage is a volume in memory, or one that is being read.
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

// use returns a volume, which read reads if it is not in memory, and a function that releases it.
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

// load reads a volume, reserves room for it, and makes the copy.
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

// reserve reserves room, and drops the least recently used volumes if necessary.
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

// hold reserves room for a volume that cannot be read again, until the returned function is called.
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

// forget drops a volume. The lock is held.
func (c *images) forget(h *heldImage) {
	delete(c.held, h.id)
	c.recent.Remove(h.place)
	if h.image.Volume != nil {
		c.voxels -= len(h.image.Volume.Data)
		_ = os.Remove(h.image.NIfTI) // close removes what is left
	}
}

// release ends a use. A volume that could not be read is dropped, so that the next use tries again.
func (c *images) release(h *heldImage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h.users--
	if h.err != nil && h.users == 0 && c.held[h.id] == h {
		c.forget(h)
	}
}

// count returns the number of volumes and voxels in memory.
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
