package annotate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Backend opens sessions. Its methods may be called from several goroutines at once.
type Backend interface {
	// Open starts a session on a volume, which the session owns from then on. It returns ErrFull if there is no room for
	// another session.
	Open(v *volume.Volume) (Session, error)
	// Limits returns the backend's limits.
	Limits() Limits
}

// Limits are the maximum numbers that a backend accepts.
type Limits struct {
	Sessions    int // open at the same time
	Voxels      int // in one volume
	TotalVoxels int // in all open volumes together
}

// ErrFull means that a session must be closed before another one can be opened.
var ErrFull = errors.New("all sessions are in use, or the open volumes leave no room: try again later")

// Errors of the device that computes. Both say what to do.
var (
	ErrDeviceLost   = errors.New("the device that computes was lost (its driver was reset, or it hung): restart the server; everything saved is kept")
	ErrDeviceMemory = errors.New("the device that computes has too little memory: start the server with a smaller --resolution, or with --device cpu")
)

// InputError is a client's mistake: a stroke outside the volume, a run without an outline.
type InputError struct{ Reason string }

func (e *InputError) Error() string { return e.Reason }

// Inputf makes an InputError.
func Inputf(format string, args ...any) error { return &InputError{fmt.Sprintf(format, args...)} }

// Session is a volume that is being annotated. The caller numbers its objects; one that has not been used yet has no
// outlines and an empty mask. Methods may be called from several goroutines at once. After Close, they fail.
type Session interface {
	// Dim returns the volume's size in voxels along each axis, in file order.
	Dim() [3]int
	// Apply queues strokes on an object, as one step for Undo. The mask changes with the next Run. Clicks, boxes and first
	// scribbles are turned into outlines by the model, which may take as long as a slice takes, and wait for other runs; if ctx
	// ends first, nothing is queued.
	Apply(ctx context.Context, object int, strokes ...Stroke) error
	// Replace replaces the object's mask at once, as one step for Undo. mask is in file order, nonzero inside the object.
	// Every slice across the acquisition axis with part of the object becomes an outline; earlier outlines are dropped.
	Replace(object int, mask []uint8) error
	// Run propagates the object's outlines through the volume if strokes were queued or the mask was replaced since the last
	// run, and reports whether it did. progress may be nil. If ctx ends first, the mask does not change.
	Run(ctx context.Context, object int, progress func(done, total int)) (ran bool, err error)
	// Undo undoes the last Apply or Replace, and runs since then. It returns false if there is nothing to undo.
	Undo(object int) (bool, error)
	// Reset forgets the object: outlines, mask and undo steps.
	Reset(object int) error
	// Mask writes the object's mask to dst: one byte per voxel in file order, 1 inside the object and 0 outside.
	Mask(object int, dst []uint8) error
	// Doubts lists the doubtful slices in the object's last run, the most doubtful first.
	Doubts(object int) []Doubt
	// Close frees the session. It cancels running work and waits for it to end.
	Close()
}

// Doubt is a slice that the annotator should check.
type Doubt struct {
	Axis   int    `json:"axis"`
	Slice  int    `json:"slice"`
	Reason string `json:"reason"`
}

// StrokeKind says how a stroke was drawn.
type StrokeKind int

// The kinds of stroke.
const (
	Outline  StrokeKind = iota // a filled region: the object's pixels on a slice, or some of them
	Scribble                   // a line inside the object
	Box                        // a rectangle around the object
	Click                      // one voxel of the object
	Absent                     // the object is not on this slice
)

// Stroke is what an annotator drew on a slice in one go.
type Stroke struct {
	Kind   StrokeKind
	Erase  bool   // the stroke shows what does not belong to the object
	Axis   int    // the slice is across this axis; not used for Click
	Region Region // one voxel thick along Axis; for Click, a single voxel
	Mask   []bool // for Outline and Scribble: Region's voxels, axis 0 fastest; otherwise nil
}

// Region is a half-open box of voxels: Lo[axis] <= index < Hi[axis], in file order.
type Region struct{ Lo, Hi [3]int }

// Size returns the number of voxels along each axis.
func (r Region) Size() (size [3]int) {
	for axis := range size {
		size[axis] = r.Hi[axis] - r.Lo[axis]
	}
	return size
}

// Within reports whether the region is not empty and lies inside a volume of the given size.
func (r Region) Within(dim [3]int) bool {
	for axis := range dim {
		if r.Lo[axis] < 0 || r.Lo[axis] >= r.Hi[axis] || r.Hi[axis] > dim[axis] {
			return false
		}
	}
	return true
}

// Check returns an InputError if the stroke does not fit a volume of the given size.
func (s *Stroke) Check(dim [3]int) error {
	if !s.Region.Within(dim) {
		return Inputf("the stroke (%v to %v) is outside the volume (%v voxels)", s.Region.Lo, s.Region.Hi, dim)
	}
	size := s.Region.Size()
	n := size[0] * size[1] * size[2]
	switch {
	case s.Kind == Click && n != 1:
		return Inputf("a click must be one voxel; this one is %v", size)
	case s.Kind != Click && (s.Axis < 0 || s.Axis > 2 || size[s.Axis] != 1):
		return Inputf("a stroke must be on one slice; this one spans %v voxels", size)
	case (s.Kind == Outline || s.Kind == Scribble) && len(s.Mask) != n:
		return Inputf("the stroke's mask has %d voxels, its region %d", len(s.Mask), n)
	case s.Kind == Scribble && !slices.Contains(s.Mask, true):
		return Inputf("the scribble is empty")
	}
	return nil
}
