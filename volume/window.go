package volume

import (
	"errors"
	"fmt"
	"math"
)

// Window is the intensity range that is mapped to 0..255. Values outside are clipped.
type Window struct{ Lo, Hi float64 }

// The range that CT is clipped to before its minimum and maximum are determined, in Hounsfield units.
const (
	ctLo = -1024
	ctHi = 2000
)

// ErrConstant is wrapped by the error for a volume without contrast.
var ErrConstant = errors.New("all voxels have the same value")

// Range returns the smallest and largest intensities.
func (v *Volume) Range() (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, x := range v.Data {
		lo, hi = min(lo, float64(x)), max(hi, float64(x))
	}
	return lo, hi
}

// PaperWindow returns the paper's normalization: the volume's minimum and maximum, for CT after clipping to [-1024, 2000] HU.
// A single voxel can stretch it; compare AutoWindow, which returns the same errors.
func PaperWindow(v *Volume) (Window, error) {
	if err := v.CheckFinite(); err != nil {
		return Window{}, err
	}
	lo, hi := v.Range()
	ct := v.LooksLikeCT()
	if ct {
		lo, hi = min(max(lo, ctLo), ctHi), min(max(hi, ctLo), ctHi)
	}
	if !(hi > lo) {
		return Window{}, v.constant(lo, ct)
	}
	return Window{Lo: lo, Hi: hi}, nil
}

// Check returns an error unless Lo and Hi are finite and Lo < Hi.
func (w Window) Check() error {
	if !(w.Lo < w.Hi) || math.IsInf(w.Lo, 0) || math.IsInf(w.Hi, 0) {
		return fmt.Errorf("volume: window %g,%g: want two finite numbers LO,HI with LO < HI", w.Lo, w.Hi)
	}
	return nil
}

// Apply maps intensities to 8 bits: round(255*(x-Lo)/(Hi-Lo)), clipped to 0..255. Each pixel is mapped
// by itself, so slices may be mapped one at a time. NaN is mapped to 0.
func (w Window) Apply(pix []float32) []uint8 {
	out := make([]uint8, len(pix))
	gain := 255 / (w.Hi - w.Lo)
	for i, x := range pix {
		if y := (float64(x)-w.Lo)*gain + 0.5; y >= 255 {
			out[i] = 255
		} else if y > 0 {
			out[i] = uint8(y)
		}
	}
	return out
}

// ImageNet turns a gray 8-bit picture [H,W] into the model's input [H,W,3]: x/255 minus the mean, divided
// by the standard deviation of each of three channels, in float32 like torchvision.
func ImageNet(pix []uint8) []float32 {
	mean := [3]float32{0.485, 0.456, 0.406}
	std := [3]float32{0.229, 0.224, 0.225}
	var table [256][3]float32
	for x := range table {
		for c := range 3 {
			table[x][c] = (float32(x)/255 - mean[c]) / std[c]
		}
	}
	out := make([]float32, 3*len(pix))
	for i, x := range pix {
		copy(out[3*i:], table[x][:])
	}
	return out
}
