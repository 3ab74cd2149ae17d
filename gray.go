package slmsam

import "github.com/seed-6f79f512/slmsam/volume"

// Window is how the model is to see a volume: by the rule, or, where that is empty, by the one that the model was trained
// with. It also returns the rule that decided.
func (m *Model) Window(v *volume.Volume, rule volume.WindowRule) (volume.Window, volume.WindowRule, error) {
	if rule == "" {
		rule = m.Config.Window
	}
	rule, err := volume.ParseWindowRule(string(rule))
	if err != nil {
		return volume.Window{}, "", err
	}
	w, err := rule.Of(v)
	return w, rule, err
}

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
