package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Augment says how clips are varied. All slices of a clip are transformed alike, but for the Frame settings.
// The released recipe also jitters saturation and drops color: both do nothing to gray images. Example
// values are the paper's; zero, or {1,1} for a range of factors, switches an entry off.
type Augment struct {
	Flip            float64    `json:"flip"`             // 0.5: probability of a left-right flip
	Degrees         float64    `json:"degrees"`          // 25: rotation by up to so much either way
	Shear           float64    `json:"shear"`            // 20: degrees, along x
	Brightness      float64    `json:"brightness"`       // 0.1: factor in 1 +- 0.1
	Contrast        float64    `json:"contrast"`         // 0.03: factor in 1 +- 0.03 about the mean
	FrameBrightness float64    `json:"frame_brightness"` // 0.1: once more, another for every slice
	FrameContrast   float64    `json:"frame_contrast"`   // 0.05
	Scale           [2]float64 `json:"scale"`            // {1,1}: magnification; {0.8,1.6} zooms out and in
	Shift           float64    `json:"shift"`            // 0: up to such a part of the slice's sides
	Focus           float64    `json:"focus"`            // 0: part of the clips that turn and zoom about an object's middle, not the slice's
	Crop            [2]float64 `json:"crop"`             // {0,0}: clips show the square of so many times an object's size about it, as slmsam.Options.Crop; {0,0}: as the start model
	Vanish          float64    `json:"vanish"`           // 0: part of the clips whose first object is painted over on one to three slices
	Gamma           [2]float64 `json:"gamma"`            // {1,1}: exponent on gray values in 0..1
	Noise           float64    `json:"noise"`            // 0: largest standard deviation of noise, in gray values of 255
}

// PaperAugment is the released recipe's augmentation.
func PaperAugment() Augment {
	return Augment{Flip: 0.5, Degrees: 25, Shear: 20, Brightness: 0.1, Contrast: 0.03, FrameBrightness: 0.1, FrameContrast: 0.05,
		Scale: [2]float64{1, 1}, Gamma: [2]float64{1, 1}}
}

// NoAugment leaves the slices as they are.
func NoAugment() Augment { return Augment{Scale: [2]float64{1, 1}, Gamma: [2]float64{1, 1}} }

func (a Augment) validate() error {
	unit := func(x float64) bool { return x >= 0 && x <= 1 }
	positive := func(r [2]float64) bool { return r[0] > 0 && r[0] <= r[1] && r[1] <= 10 }
	if c := a.Crop; c != [2]float64{} && !(c[0] > 0 && c[0] <= c[1] && c[1] <= 100) {
		return fmt.Errorf("train: recipe: augment.crop %v: want a range of factors above 0, at most 100, or 0,0 for the start model's", c)
	}
	if !unit(a.Flip) || !unit(a.Brightness) || !unit(a.Contrast) || !unit(a.FrameBrightness) || !unit(a.FrameContrast) || !unit(a.Shift) || !unit(a.Focus) || !unit(a.Vanish) ||
		!(a.Degrees >= 0 && a.Degrees <= 180) || !(a.Shear >= 0 && a.Shear < 90) || !positive(a.Scale) || !positive(a.Gamma) || !(a.Noise >= 0 && a.Noise <= 255) {
		return fmt.Errorf("train: recipe: augment %+v: want probabilities, brightness, contrast, shift, focus and vanish in 0..1, degrees up to 180, shear below 90, scale and gamma as ranges of positive factors up to 10, noise in 0..255", a)
	}
	return nil
}

// warp is what was drawn for a clip.
type warp struct {
	h, w    int
	flip    bool
	affine  bool
	inverse [6]float64 // from a pixel of the result to one of the source, both from the center
	jitter  jitter
	region  volume.Crop // what is shown of the transformed slice; zero: all of it
}

// size is the height and width of what is shown, before it is resized.
func (t warp) size() (h, w int) {
	if t.region == (volume.Crop{}) {
		return t.h, t.w
	}
	return t.region.Size()
}

// shrunk is how many pixels of the source a pixel of the result is long.
func (t warp) shrunk() float64 {
	if !t.affine {
		return 1
	}
	return math.Sqrt(math.Abs(t.inverse[0]*t.inverse[4] - t.inverse[1]*t.inverse[3]))
}

// shown takes the region out of a transformed slice.
func shown[T any](t warp, pix []T) []T {
	if t.region == (volume.Crop{}) {
		return pix
	}
	return volume.Cut(pix, t.w, t.region)
}

// jitter is a change of gray values.
type jitter struct {
	brightness, contrast float64
	contrastFirst        bool
	gamma                float64
	noise                float64 // standard deviation
	noiseSeed            uint64
}

// draw chooses a clip's transform for slices of h x w pixels.
func (a Augment) draw(rng *rand.Rand, h, w int) warp {
	t := warp{h: h, w: w, flip: rng.Float64() < a.Flip}
	angle, shear := within(rng, a.Degrees), within(rng, a.Shear)
	scale := between(rng, a.Scale)
	dx, dy := within(rng, a.Shift)*float64(w), within(rng, a.Shift)*float64(h)
	t.affine = angle != 0 || shear != 0 || scale != 1 || dx != 0 || dy != 0
	t.inverse = inverseAffine(angle, shear, scale, dx, dy)
	t.jitter = jitter{brightness: 1 + within(rng, a.Brightness), contrast: 1 + within(rng, a.Contrast),
		contrastFirst: rng.IntN(2) == 1, gamma: between(rng, a.Gamma), noise: rng.Float64() * a.Noise}
	return t
}

// center brings the middle of a mask [h,w] to where the slice's middle would have come.
func (t *warp) center(mask []bool) {
	var x, y, n float64
	for at, on := range mask {
		if on {
			x, y, n = x+float64(at%t.w), y+float64(at/t.w), n+1
		}
	}
	if n == 0 {
		return
	}
	x, y = x/n, y/n
	if t.flip {
		x = float64(t.w-1) - x
	}
	t.affine = true
	t.inverse[2] += x - float64(t.w-1)/2
	t.inverse[5] += y - float64(t.h-1)/2
}

// crop shows the surroundings of one label of a slice, unless the transform has moved all of it away.
func (t *warp) crop(labels []uint8, label uint8, factor float64) bool {
	mask := make([]bool, t.h*t.w)
	for i, l := range t.labels(labels) {
		mask[i] = l == label
	}
	if !slices.Contains(mask, true) {
		return false
	}
	t.region = slmsam.Around([]slmsam.Prompt{{Mask: mask}}, t.h, t.w, factor)
	return true
}

// drawFrame chooses what changes from slice to slice.
func (a Augment) drawFrame(rng *rand.Rand) jitter {
	return jitter{brightness: 1 + within(rng, a.FrameBrightness), contrast: 1 + within(rng, a.FrameContrast),
		contrastFirst: rng.IntN(2) == 1, gamma: 1, noiseSeed: rng.Uint64()}
}

func within(rng *rand.Rand, limit float64) float64 { return limit * (2*rng.Float64() - 1) }

func between(rng *rand.Rand, r [2]float64) float64 { return r[0] * math.Pow(r[1]/r[0], rng.Float64()) }

// inverseAffine is torchvision's _get_inverse_affine_matrix with shear along x: rotation by angle degrees
// after shear, scale, then a shift.
func inverseAffine(angle, shear, scale, dx, dy float64) [6]float64 {
	r, s := angle*math.Pi/180, shear*math.Pi/180
	a, b := math.Cos(r), -math.Cos(r)*math.Tan(s)-math.Sin(r)
	c, d := math.Sin(r), -math.Sin(r)*math.Tan(s)+math.Cos(r)
	m := [6]float64{d / scale, -b / scale, 0, -c / scale, a / scale, 0}
	m[2] = m[0]*-dx + m[1]*-dy
	m[5] = m[3]*-dx + m[4]*-dy
	return m
}

// image transforms a slice [h,w]: flip and affine at its own size, resize to [size,size] with Pillow's
// bilinear filter, then gray values. What comes from outside the slice is black.
func (t warp) image(pix []uint8, size int, frame jitter) []uint8 {
	if t.flip {
		pix = flipped(pix, t.w)
	}
	if t.affine {
		pix = t.bilinear(pix)
	}
	h, w := t.size()
	out := volume.ResizePIL(shown(t, pix), h, w, size, size, volume.Bilinear)
	clip := t.jitter
	clip.noiseSeed = frame.noiseSeed
	clip.apply(out)
	frame.apply(out)
	return out
}

// labels transforms a label slice by nearest neighbor; its pixels keep their size.
func (t warp) labels(pix []uint8) []uint8 {
	if t.flip {
		pix = flipped(pix, t.w)
	}
	if !t.affine {
		return shown(t, pix)
	}
	out := make([]uint8, len(pix))
	t.walk(func(at int, x, y float64) {
		i, j := int(math.Floor(x+0.5)), int(math.Floor(y+0.5))
		if i >= 0 && i < t.w && j >= 0 && j < t.h {
			out[at] = pix[j*t.w+i]
		}
	})
	return shown(t, out)
}

// bilinear transforms a picture as Pillow does: a place outside is black, neighbors beyond the border repeat
// it, and the result is cut off to 8 bit (Geometry.c).
func (t warp) bilinear(pix []uint8) []uint8 {
	get := func(x, y int) float64 { return float64(pix[min(max(y, 0), t.h-1)*t.w+min(max(x, 0), t.w-1)]) }
	out := make([]uint8, len(pix))
	t.walk(func(at int, x, y float64) {
		if x < -0.5 || x >= float64(t.w)-0.5 || y < -0.5 || y >= float64(t.h)-0.5 {
			return
		}
		fx, fy := math.Floor(x), math.Floor(y)
		i, j := int(fx), int(fy)
		top := get(i, j) + (get(i+1, j)-get(i, j))*(x-fx)
		bottom := get(i, j+1) + (get(i+1, j+1)-get(i, j+1))*(x-fx)
		out[at] = uint8(top + (bottom-top)*(y-fy))
	})
	return out
}

// walk visits every pixel of the result with the place that it comes from, pixel centers at whole numbers.
func (t warp) walk(visit func(at int, x, y float64)) {
	cx, cy := float64(t.w-1)/2, float64(t.h-1)/2
	m := t.inverse
	for j := range t.h {
		for i := range t.w {
			x, y := float64(i)-cx, float64(j)-cy
			visit(j*t.w+i, m[0]*x+m[1]*y+m[2]+cx, m[3]*x+m[4]*y+m[5]+cy)
		}
	}
}

func flipped(pix []uint8, w int) []uint8 {
	out := make([]uint8, len(pix))
	for row := 0; row < len(pix); row += w {
		for x := range w {
			out[row+x] = pix[row+w-1-x]
		}
	}
	return out
}

// apply changes gray values in place: exponent, then brightness and contrast in either order as Pillow's
// ImageEnhance, then noise.
func (j jitter) apply(pix []uint8) {
	if j.gamma != 1 {
		mapped(pix, func(x uint8) uint8 { return rounded(255 * math.Pow(float64(x)/255, j.gamma)) })
	}
	if !j.contrastFirst {
		blend(pix, 0, j.brightness)
	}
	if j.contrast != 1 {
		sum := 0
		for _, x := range pix {
			sum += int(x)
		}
		blend(pix, uint8(float64(sum)/float64(len(pix))+0.5), j.contrast)
	}
	if j.contrastFirst {
		blend(pix, 0, j.brightness)
	}
	if j.noise > 0 {
		rng := rand.New(rand.NewPCG(j.noiseSeed, 0))
		for i, x := range pix {
			pix[i] = rounded(float64(x) + j.noise*rng.NormFloat64())
		}
	}
}

// blend moves gray values away from one by a factor, in float32 and cut off to 8 bit (Pillow, Blend.c).
func blend(pix []uint8, from uint8, factor float64) {
	if factor == 1 {
		return
	}
	mapped(pix, func(x uint8) uint8 {
		return uint8(min(max(float32(from)+float32(factor)*float32(int(x)-int(from)), 0), 255))
	})
}

// mapped replaces every gray value by f of it.
func mapped(pix []uint8, f func(x uint8) uint8) {
	var table [256]uint8
	for x := range table {
		table[x] = f(uint8(x))
	}
	for i, x := range pix {
		pix[i] = table[x]
	}
}

// rounded rounds to 0..255.
func rounded(x float64) uint8 { return uint8(min(max(x, 0), 255) + 0.5) }
