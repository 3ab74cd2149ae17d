package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/seed-6f79f512/slmsam/volume/flow"
)

// Augment configures how clips are augmented. All slices of a clip get the same transform, except for the Frame
// settings, which are redrawn for every slice. The released recipe also jitters saturation and drops color; neither
// affects gray images. The example values are the paper's; zero, or {1,1} for a range of factors, disables an entry.
type Augment struct {
	Flip            float64    `json:"flip"`             // 0.5: probability of a left-right flip
	Degrees         float64    `json:"degrees"`          // 25: largest rotation in either direction
	Shear           float64    `json:"shear"`            // 20: degrees, along x
	Brightness      float64    `json:"brightness"`       // 0.1: factor in 1 +- 0.1
	Contrast        float64    `json:"contrast"`         // 0.03: factor in 1 +- 0.03 about the mean
	FrameBrightness float64    `json:"frame_brightness"` // 0.1: like Brightness, but redrawn for every slice
	FrameContrast   float64    `json:"frame_contrast"`   // 0.05: like Contrast, but redrawn for every slice
	Scale           [2]float64 `json:"scale"`            // {1,1}: magnification; {0.8,1.6} zooms out and in
	Shift           float64    `json:"shift"`            // 0: largest translation, as a fraction of the slice's width and height
	Focus           float64    `json:"focus"`            // 0: fraction of clips whose rotation and zoom center on an object instead of the slice
	Crop            [2]float64 `json:"crop"`             // {0,0}: range of crop factors, as in slmsam.Options.Crop; {0,0} takes the start model's
	Vanish          float64    `json:"vanish"`           // 0: fraction of clips whose first object is painted over on one to three slices
	Gamma           [2]float64 `json:"gamma"`            // {1,1}: exponent applied to gray values scaled to 0..1
	Noise           float64    `json:"noise"`            // 0: largest noise standard deviation, in gray levels of 255
	Bend            float64    `json:"bend"`             // 0: largest displacement of a smooth deformation's knots, as a fraction of the kept part's sides
}

// PaperAugment returns the released recipe's augmentation.
func PaperAugment() Augment {
	return Augment{Flip: 0.5, Degrees: 25, Shear: 20, Brightness: 0.1, Contrast: 0.03, FrameBrightness: 0.1, FrameContrast: 0.05,
		Scale: [2]float64{1, 1}, Gamma: [2]float64{1, 1}}
}

// noAugment returns settings that leave the slices unchanged.
func noAugment() Augment { return Augment{Scale: [2]float64{1, 1}, Gamma: [2]float64{1, 1}} }

// validate rejects settings out of range.
func (a Augment) validate() error {
	unit := func(x float64) bool { return x >= 0 && x <= 1 }
	positive := func(r [2]float64) bool { return r[0] > 0 && r[0] <= r[1] && r[1] <= 10 }
	if c := a.Crop; c != [2]float64{} && !(c[0] > 0 && c[0] <= c[1] && c[1] <= 100) {
		return fmt.Errorf("train: recipe: augment.crop %v: want a range of factors above 0, at most 100, or 0,0 for the start model's", c)
	}
	if !unit(a.Flip) || !unit(a.Brightness) || !unit(a.Contrast) || !unit(a.FrameBrightness) || !unit(a.FrameContrast) || !unit(a.Shift) || !unit(a.Focus) || !unit(a.Vanish) || !unit(a.Bend) ||
		!(a.Degrees >= 0 && a.Degrees <= 180) || !(a.Shear >= 0 && a.Shear < 90) || !positive(a.Scale) || !positive(a.Gamma) || !(a.Noise >= 0 && a.Noise <= 255) {
		return fmt.Errorf("train: recipe: augment %+v: want probabilities, brightness, contrast, shift, focus, vanish and bend in 0..1, degrees up to 180, shear below 90, scale and gamma as ranges of positive factors up to 10, noise in 0..255", a)
	}
	return nil
}

// warp is the random transform drawn for a clip.
type warp struct {
	h, w    int
	flip    bool
	affine  bool
	inverse [6]float64 // maps a result pixel to a source pixel, both relative to the center
	jitter  jitter
	region  volume.Crop // the part of the transformed slice to keep; zero keeps all of it
	bend    *flow.Field // of that part; nil leaves it as it is
}

// size returns the height and width of the kept part, before it is resized.
func (t warp) size() (h, w int) {
	if t.region == (volume.Crop{}) {
		return t.h, t.w
	}
	return t.region.Size()
}

// shrink returns how many source pixels one result pixel spans along a side.
func (t warp) shrink() float64 {
	if !t.affine {
		return 1
	}
	return math.Sqrt(math.Abs(t.inverse[0]*t.inverse[4] - t.inverse[1]*t.inverse[3]))
}

// cropped cuts the kept region out of a transformed slice.
func (t warp) cropped(pix []uint8) []uint8 {
	if t.region == (volume.Crop{}) {
		return pix
	}
	return volume.Cut(pix, t.w, t.region)
}

// jitter is a random change of gray values.
type jitter struct {
	brightness, contrast float64
	contrastFirst        bool
	gamma                float64
	noise                float64 // standard deviation
	noiseSeed            uint64
}

// draw draws a clip's transform for slices of h x w pixels.
func (a Augment) draw(rng *rand.Rand, h, w int) warp {
	t := warp{h: h, w: w, flip: rng.Float64() < a.Flip}
	angle, shear := plusMinus(rng, a.Degrees), plusMinus(rng, a.Shear)
	scale := logUniform(rng, a.Scale)
	dx, dy := plusMinus(rng, a.Shift)*float64(w), plusMinus(rng, a.Shift)*float64(h)
	t.affine = angle != 0 || shear != 0 || scale != 1 || dx != 0 || dy != 0
	t.inverse = inverseAffine(angle, shear, scale, dx, dy)
	t.jitter = jitter{brightness: 1 + plusMinus(rng, a.Brightness), contrast: 1 + plusMinus(rng, a.Contrast),
		contrastFirst: rng.IntN(2) == 1, gamma: logUniform(rng, a.Gamma), noise: rng.Float64() * a.Noise}
	return t
}

// center shifts the transform so that it rotates and zooms about the centroid of mask [h,w] and puts it at the center
// of the slice.
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

// crop limits the transform to a square around one label of a slice. It returns false if the transform has moved the
// whole label out of view.
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

// drawFrame draws the changes that differ from slice to slice.
func (a Augment) drawFrame(rng *rand.Rand) jitter {
	return jitter{brightness: 1 + plusMinus(rng, a.FrameBrightness), contrast: 1 + plusMinus(rng, a.FrameContrast),
		contrastFirst: rng.IntN(2) == 1, gamma: 1, noiseSeed: rng.Uint64()}
}

// plusMinus draws uniformly from [-limit, limit].
func plusMinus(rng *rand.Rand, limit float64) float64 { return limit * (2*rng.Float64() - 1) }

// logUniform draws a factor from r so that its logarithm is uniform.
func logUniform(rng *rand.Rand, r [2]float64) float64 {
	return r[0] * math.Pow(r[1]/r[0], rng.Float64())
}

// inverseAffine is torchvision's _get_inverse_affine_matrix with shear along x: shear, then rotation by angle
// degrees, then scaling, then a shift.
func inverseAffine(angle, shear, scale, dx, dy float64) [6]float64 {
	r, s := angle*math.Pi/180, shear*math.Pi/180
	a, b := math.Cos(r), -math.Cos(r)*math.Tan(s)-math.Sin(r)
	c, d := math.Sin(r), -math.Sin(r)*math.Tan(s)+math.Cos(r)
	m := [6]float64{d / scale, -b / scale, 0, -c / scale, a / scale, 0}
	m[2] = m[0]*-dx + m[1]*-dy
	m[5] = m[3]*-dx + m[4]*-dy
	return m
}

// image transforms a slice [h,w]: flip, affine map and bend at native size, resize to [size,size] with Pillow's bilinear
// filter, then gray values. Pixels from outside the slice are black.
func (t warp) image(pix []uint8, size int, frame jitter) []uint8 {
	if t.flip {
		pix = flipped(pix, t.w)
	}
	if t.affine {
		pix = t.bilinear(pix)
	}
	h, w := t.size()
	out := volume.ResizePIL(bentGray(t.bend, t.cropped(pix)), h, w, size, size, volume.Bilinear)
	clip := t.jitter
	clip.noiseSeed = frame.noiseSeed
	clip.apply(out)
	frame.apply(out)
	return out
}

// labels transforms a label slice with nearest-neighbor sampling, without resizing it.
func (t warp) labels(pix []uint8) []uint8 {
	if t.flip {
		pix = flipped(pix, t.w)
	}
	if !t.affine {
		return bentLabels(t.bend, t.cropped(pix))
	}
	out := make([]uint8, len(pix))
	t.walk(func(at int, x, y float64) {
		i, j := int(math.Floor(x+0.5)), int(math.Floor(y+0.5))
		if i >= 0 && i < t.w && j >= 0 && j < t.h {
			out[at] = pix[j*t.w+i]
		}
	})
	return bentLabels(t.bend, t.cropped(out))
}

// bilinear resamples a slice as Pillow does (Geometry.c): positions outside are black, border pixels repeat, and
// results are truncated to 8 bits.
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

// walk calls visit with the index of every result pixel and the source position it comes from; pixel centers are at
// integer coordinates.
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

// flipped mirrors rows of w pixels left to right.
func flipped(pix []uint8, w int) []uint8 {
	out := make([]uint8, len(pix))
	for row := 0; row < len(pix); row += w {
		for x := range w {
			out[row+x] = pix[row+w-1-x]
		}
	}
	return out
}

// apply changes gray values in place: gamma, then brightness and contrast in either order as in Pillow's
// ImageEnhance, then noise.
func (j jitter) apply(pix []uint8) {
	if j.gamma != 1 {
		mapGray(pix, func(x uint8) uint8 { return toByte(255 * math.Pow(float64(x)/255, j.gamma)) })
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
			pix[i] = toByte(float64(x) + j.noise*rng.NormFloat64())
		}
	}
}

// blend scales gray values about from, in float32 truncated to 8 bits (Pillow, Blend.c).
func blend(pix []uint8, from uint8, factor float64) {
	if factor == 1 {
		return
	}
	mapGray(pix, func(x uint8) uint8 {
		return uint8(min(max(float32(from)+float32(factor)*float32(int(x)-int(from)), 0), 255))
	})
}

// mapGray replaces every gray value x by f(x).
func mapGray(pix []uint8, f func(x uint8) uint8) {
	var table [256]uint8
	for x := range table {
		table[x] = f(uint8(x))
	}
	for i, x := range pix {
		pix[i] = table[x]
	}
}

// toByte clamps x to 0..255 and rounds it.
func toByte(x float64) uint8 { return uint8(min(max(x, 0), 255) + 0.5) }
