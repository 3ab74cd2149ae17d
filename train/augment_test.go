package train

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func testSlice(h, w int) []uint8 {
	pix := make([]uint8, h*w)
	for i := range pix {
		pix[i] = uint8(i * 37 % 251)
	}
	return pix
}

func plainJitter() jitter { return jitter{brightness: 1, contrast: 1, gamma: 1} }

func TestNoAugmentIsIdentity(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	w := NoAugment().draw(rng, 16, 16)
	pix := testSlice(16, 16)
	require.Equal(t, pix, w.image(pix, 16, NoAugment().drawFrame(rng)))
	require.Equal(t, pix, w.labels(pix))
}

func TestFlipMirrorsRows(t *testing.T) {
	require.Equal(t, []uint8{3, 2, 1, 6, 5, 4}, flipped([]uint8{1, 2, 3, 4, 5, 6}, 3))
}

// TestQuarterTurn rotates by 90 degrees: every pixel lands on a pixel, for images and labels alike.
// torchvision turns the picture clockwise for positive angles when y points down.
func TestQuarterTurn(t *testing.T) {
	const n = 9
	w := warp{h: n, w: n, affine: true, inverse: inverseAffine(90, 0, 1, 0, 0), jitter: plainJitter()}
	pix := testSlice(n, n)
	want := make([]uint8, n*n)
	for y := range n {
		for x := range n {
			want[x*n+n-1-y] = pix[y*n+x]
		}
	}
	require.Equal(t, want, w.labels(pix))
	require.Equal(t, want, w.image(pix, n, plainJitter()))
}

// TestInverseAffine compares with torchvision.transforms.functional._get_inverse_affine_matrix(center
// [0,0], angle, translate, scale, shear [s,0]), written out.
func TestInverseAffine(t *testing.T) {
	for _, c := range []struct {
		angle, shear, scale, dx, dy float64
		want                        [6]float64
	}{
		{0, 0, 2, 4, 6, [6]float64{0.5, 0, -2, 0, 0.5, -3}},
		{90, 0, 1, 0, 0, [6]float64{0, 1, 0, -1, 0, 0}},
		{0, 45, 1, 0, 0, [6]float64{1, 1, 0, 0, 1, 0}},
	} {
		got := inverseAffine(c.angle, c.shear, c.scale, c.dx, c.dy)
		for i := range got {
			require.InDelta(t, c.want[i], got[i], 1e-12, "%+v, element %d", c, i)
		}
	}
}

// TestWarpKeepsImageAndLabelTogether moves a bright square and its label by the same random transforms.
func TestWarpKeepsImageAndLabelTogether(t *testing.T) {
	const n = 64
	image, labels := make([]uint8, n*n), make([]uint8, n*n)
	for y := 24; y < 40; y++ {
		for x := 20; x < 44; x++ {
			image[y*n+x], labels[y*n+x] = 200, 1
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	a := PaperAugment()
	a.Brightness, a.Contrast, a.FrameBrightness, a.FrameContrast, a.Scale, a.Shift = 0, 0, 0, 0, [2]float64{0.8, 1.2}, 0.1
	for range 50 {
		w := a.draw(rng, n, n)
		i, l := w.image(image, n, a.drawFrame(rng)), w.labels(labels)
		differ := 0
		for p := range i {
			if (i[p] >= 100) != (l[p] == 1) {
				differ++
			}
		}
		require.LessOrEqual(t, differ, 12, "%+v", w)
	}
}

// TestJitterAsPillow compares with ImageEnhance.Brightness and Contrast of Pillow on a small picture.
func TestJitterAsPillow(t *testing.T) {
	pix := []uint8{0, 10, 100, 200, 255, 35}
	bright := append([]uint8(nil), pix...)
	jitter{brightness: 1.1, contrast: 1, gamma: 1}.apply(bright)
	require.Equal(t, []uint8{0, 11, 110, 220, 255, 39}, bright)
	contrast := append([]uint8(nil), pix...) // the mean is 100
	jitter{brightness: 1, contrast: 1.05, gamma: 1}.apply(contrast)
	require.Equal(t, []uint8{0, 6, 100, 205, 255, 32}, contrast)
}

func TestGammaAndNoise(t *testing.T) {
	pix := []uint8{0, 64, 128, 255}
	jitter{brightness: 1, contrast: 1, gamma: 2}.apply(pix)
	require.Equal(t, []uint8{0, 16, 64, 255}, pix)
	a, b := testSlice(32, 32), testSlice(32, 32)
	j := jitter{brightness: 1, contrast: 1, gamma: 1, noise: 4, noiseSeed: 9}
	j.apply(a)
	j.apply(b)
	require.Equal(t, a, b)
	require.NotEqual(t, testSlice(32, 32), a)
}

// TestClipTransformIsConsistent checks that slices of a clip share the transform, and differ in the jitter
// per slice only.
func TestClipTransformIsConsistent(t *testing.T) {
	a := PaperAugment()
	a.FrameBrightness, a.FrameContrast = 0, 0
	rng := rand.New(rand.NewPCG(5, 6))
	w := a.draw(rng, 40, 30)
	pix := testSlice(40, 30)
	require.Equal(t, w.image(pix, 32, a.drawFrame(rng)), w.image(pix, 32, a.drawFrame(rng)))
	a.FrameBrightness = 0.1
	require.NotEqual(t, w.image(pix, 32, a.drawFrame(rng)), w.image(pix, 32, a.drawFrame(rng)))
}
