package annotate

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Backend opens sessions. Its methods may be called from several goroutines at once.
type Backend interface {
	// Open starts a session on a volume, which it owns from then on. ErrFull: no room for another.
	Open(v *volume.Volume) (Session, error)
	// Limits says how much fits.
	Limits() Limits
}

// Limits are what a backend takes at most.
type Limits struct {
	Sessions    int // open at once
	Voxels      int // of one volume
	TotalVoxels int // of all open volumes together
}

// ErrFull means that a session has to be closed before another can be opened.
var ErrFull = errors.New("all sessions are in use, or the open volumes leave no room: try again later")

// Why a device cannot go on. Both errors say what to do.
var (
	ErrDeviceLost   = errors.New("the device that computes was lost (its driver was reset, or it hung): stop the server and start it anew; what was saved is kept")
	ErrDeviceMemory = errors.New("the memory of the device that computes does not suffice: start the server with a smaller --resolution, or with --device cpu")
)

// InputError is a client's mistake: a stroke outside the volume, a run without an outline.
type InputError struct{ Reason string }

func (e *InputError) Error() string { return e.Reason }

// Inputf makes an InputError.
func Inputf(format string, args ...any) error { return &InputError{fmt.Sprintf(format, args...)} }

// Session is one volume being annotated. Objects are numbered by the caller; one that was never named has no
// outlines and an empty mask. Methods may be called from several goroutines at once; after Close they fail.
type Session interface {
	// Dim is the volume's size in voxels along each axis, in file order.
	Dim() [3]int
	// Apply queues strokes on an object as one step that Undo takes back. The mask changes with the next Run.
	Apply(object int, strokes ...Stroke) error
	// Replace makes mask (file order, not 0 for the object) the object's mask at once, as one step that Undo takes
	// back. Every slice that it touches across the acquisition axis becomes an outline; what was before is gone.
	Replace(object int, mask []uint8) error
	// Run carries the object's outlines through the volume if strokes are queued or masks were replaced since the
	// last run, and says whether it did. progress may be nil. When ctx ends, the mask is what it was before.
	Run(ctx context.Context, object int, progress func(done, total int)) (ran bool, err error)
	// Undo takes back the last Apply or Replace with what was run since; false: there is nothing to take back.
	Undo(object int) (bool, error)
	// Reset forgets the object: outlines, mask and steps.
	Reset(object int) error
	// Mask writes the object's mask, 1 and 0 in file order, to dst, one byte per voxel.
	Mask(object int, dst []uint8) error
	// Doubts lists the slices of the object's last run that should be looked at, most doubtful first.
	Doubts(object int) []Doubt
	// Close frees the session. Running work is cancelled and waited for.
	Close()
}

// Doubt is a slice that the annotator should look at.
type Doubt struct {
	Axis   int    `json:"axis"`
	Slice  int    `json:"slice"`
	Reason string `json:"reason"`
}

// StrokeKind is how a stroke was drawn.
type StrokeKind int

// The kinds of stroke.
const (
	Outline  StrokeKind = iota // a filled region: the object's pixels on a slice, or some of them
	Scribble                   // a line that runs inside the object
	Box                        // a rectangle about the object
	Click                      // one voxel of the object
	Absent                     // the object is not on this slice
)

// Stroke is what an annotator drew in one go, on one slice.
type Stroke struct {
	Kind   StrokeKind
	Erase  bool   // it shows what does not belong to the object
	Axis   int    // the slice lies across this axis; Click: not used
	Region Region // one voxel thick along Axis; Click: one voxel
	Mask   []bool // Outline and Scribble: Region's voxels, axis 0 fastest; else nil
}

// Region is a box of voxels, half open: from Lo up to but without Hi along each axis, in file order.
type Region struct{ Lo, Hi [3]int }

// Size is the number of voxels along each axis.
func (r Region) Size() (size [3]int) {
	for axis := range size {
		size[axis] = r.Hi[axis] - r.Lo[axis]
	}
	return size
}

// Within says whether the region is not empty and lies in a volume of the given size.
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
	}
	return nil
}
