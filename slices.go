package slmsam

import "github.com/seed-6f79f512/slmsam/volume"

// Slices is a volume seen as 8-bit slices along an axis. Slices are converted when needed, so that no second copy of
// the volume is held.
type Slices struct {
	Volume *volume.Volume
	Axis   int           // 0, 1 or 2
	Window volume.Window // the intensities that become black and white

	crop volume.Crop // part of every slice to show; zero: all of it
}

// SlicesOf returns a volume's slices along its acquisition axis, with its automatic window.
func SlicesOf(v *volume.Volume) (Slices, error) {
	window, err := volume.AutoWindow(v)
	return Slices{Volume: v, Axis: v.AcquisitionAxis(), Window: window}, err
}

// Len is the number of slices.
func (s Slices) Len() int { return s.Volume.Dim[s.Axis] }

// Size is the height and width of a slice.
func (s Slices) Size() (h, w int) {
	if s.crop != (volume.Crop{}) {
		return s.crop.Size()
	}
	return volume.SliceSize(s.Volume.Dim, s.Axis)
}

// Intensity returns slice i in the volume's own unit, [h,w].
func (s Slices) Intensity(i int) []float32 {
	pix := s.Volume.Slice(s.Axis, i)
	if s.crop != (volume.Crop{}) {
		_, w := volume.SliceSize(s.Volume.Dim, s.Axis)
		pix = volume.Cut(pix, w, s.crop)
	}
	return pix
}

// Gray returns slice i in 0..255, [h,w].
func (s Slices) Gray(i int) []uint8 { return s.Window.Apply(s.Intensity(i)) }

// cropped shows only a crop of what every slice shows now.
func (s Slices) cropped(c volume.Crop) Slices {
	y, x := s.crop.Y0, s.crop.X0
	s.crop = volume.Crop{Y0: y + c.Y0, X0: x + c.X0, Y1: y + c.Y1, X1: x + c.X1}
	return s
}

// WindowRule is how the volumes that the model was trained on were windowed; empty: as by volume.AutoWindow.
func (m *Model) WindowRule() volume.WindowRule { return m.Config.Window }

// Window returns the gray window of a volume according to the rule or, if that is empty, to the one that the model
// was trained with. It also returns the rule that was applied.
func (m *Model) Window(v *volume.Volume, rule volume.WindowRule) (volume.Window, volume.WindowRule, error) {
	if rule == "" {
		rule = m.WindowRule()
	}
	rule, err := volume.ParseWindowRule(string(rule))
	if err != nil {
		return volume.Window{}, "", err
	}
	w, err := rule.Of(v)
	return w, rule, err
}
