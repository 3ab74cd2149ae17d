package slmsam

import "github.com/seed-6f79f512/slmsam/volume"

// GraySlices is a volume seen as 8-bit slices across an axis. Slices are mapped when asked for: no second
// copy of the volume is held.
type GraySlices struct {
	Volume *volume.Volume
	Axis   int
	Window volume.Window
}

// Len is the number of slices.
func (s GraySlices) Len() int { return s.Volume.Dim[s.Axis] }

// Size is the height and width of a slice.
func (s GraySlices) Size() (h, w int) { return volume.SliceSize(s.Volume.Dim, s.Axis) }

// Gray is slice i, [h,w].
func (s GraySlices) Gray(i int) []uint8 { return s.Window.Apply(s.Volume.Slice(s.Axis, i)) }
