package train

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// testSlice returns a slice of 37*i mod 251.
func testSlice(h, w int) []uint8 {
	pix := make([]uint8, h*w)
	for i := range pix {
		pix[i] = uint8(i * 37 % 251)
	}
	return pix
}

// plainJitter returns a jitter that changes nothing.
func plainJitter() jitter { return jitter{brightness: 1, contrast: 1, gamma: 1} }

// TestNoAugmentIsIdentity checks that without augmentation, image and labels stay as they are.
func TestNoAugmentIsIdentity(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	w := noAugment().draw(rng, 16, 16)
	pix := testSlice(16, 16)
	require.Equal(t, pix, w.image(pix, 16, noAugment().drawFrame(rng)))
	require.Equal(t, pix, w.labels(pix))
}

// TestFlipMirrorsRows checks that a flip reverses each row.
func TestFlipMirrorsRows(t *testing.T) {
	require.Equal(t, []uint8{3, 2, 1, 6, 5, 4}, flipped([]uint8{1, 2, 3, 4, 5, 6}, 3))
}

// TestQuarterTurn rotates an image and its labels by 90 degrees, which maps pixels onto pixels. With y pointing down,
// torchvision rotates clockwise for positive angles.
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
	for i, x := range w.image(pix, n, plainJitter()) {
		require.InDelta(t, want[i], x, 1, "the cosine of 90 degrees is not quite 0, and results are truncated")
	}
}

// TestInverseAffine compares with torchvision.transforms.functional._get_inverse_affine_matrix(center [0,0], angle,
// translate, scale, shear [s,0]), worked out by hand.
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

// TestWarpKeepsImageAndLabelTogether applies the same random transforms to a bright rectangle and its label.
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

// TestJitterAsPillow compares with ImageEnhance.Brightness and Contrast of Pillow 12.
func TestJitterAsPillow(t *testing.T) {
	pix := []uint8{0, 10, 100, 200, 255, 35} // the mean is 100
	for _, c := range []struct {
		brightness, contrast float64
		want                 []uint8
	}{
		{1.1, 1, []uint8{0, 11, 110, 220, 255, 38}},
		{0.93, 1, []uint8{0, 9, 93, 186, 237, 32}},
		{1, 1.05, []uint8{0, 5, 100, 205, 255, 31}},
		{1, 0.95, []uint8{5, 14, 100, 195, 247, 38}},
	} {
		got := append([]uint8(nil), pix...)
		jitter{brightness: c.brightness, contrast: c.contrast, gamma: 1}.apply(got)
		require.Equal(t, c.want, got, "%+v", c)
	}
}

// TestWarpAsPillow compares with Image.transform of Pillow 12: rotation 20, shear -10 and scale 1.1 about the center of
// testSlice(10, 12).
func TestWarpAsPillow(t *testing.T) {
	const h, w = 10, 12
	warp := warp{h: h, w: w, affine: true, inverse: inverseAffine(20, -10, 1.1, 0, 0)}
	pix := testSlice(h, w)
	bilinear, nearest := warp.bilinear(pix), warp.labels(pix)
	require.Equal(t, []uint8{
		113, 157, 170, 118, 79, 112, 164, 187, 9, 43, 0, 0, 64, 113, 165, 216, 121, 69, 120, 172, 157, 118, 76, 116,
		37, 70, 121, 173, 193, 72, 77, 129, 180, 181, 33, 84, 207, 155, 78, 129, 181, 106, 49, 85, 137, 188, 123, 41,
		182, 190, 65, 86, 137, 189, 220, 74, 93, 145, 154, 88, 138, 190, 143, 42, 94, 145, 195, 121, 55, 101, 153, 204,
		94, 146, 179, 139, 89, 102, 153, 187, 7, 57, 109, 161, 59, 102, 154, 206, 136, 58, 110, 161, 178, 140, 66, 117,
		19, 59, 110, 162, 206, 78, 66, 118, 170, 185, 41, 71, 0, 0, 92, 126, 170, 126, 70, 74, 126, 178, 141, 22,
	}, bilinear)
	require.Equal(t, []uint8{
		135, 172, 209, 53, 53, 90, 127, 222, 8, 45, 0, 0, 77, 114, 151, 246, 32, 32, 127, 164, 201, 45, 82, 119,
		19, 56, 151, 188, 225, 11, 106, 106, 143, 238, 24, 61, 212, 249, 93, 130, 167, 11, 48, 85, 180, 180, 217, 3,
		154, 249, 35, 72, 109, 204, 241, 27, 122, 159, 196, 3, 133, 191, 228, 14, 109, 146, 183, 27, 64, 101, 138, 233,
		133, 170, 207, 207, 51, 88, 125, 220, 6, 43, 138, 175, 75, 112, 149, 244, 30, 30, 125, 162, 199, 236, 80, 117,
		17, 54, 91, 186, 223, 9, 104, 104, 141, 236, 22, 59, 0, 0, 91, 128, 165, 9, 46, 83, 83, 178, 215, 1,
	}, nearest)
}

// TestGammaAndNoise checks the gamma curve, and that noise depends on its seed only.
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
	j.noiseSeed++
	j.apply(b)
	require.NotEqual(t, a, b)
}

// TestClipTransformIsConsistent checks that the slices of a clip share a transform and differ only in the jitter of each
// slice.
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

// TestCenterBringsAnObjectToTheMiddle centers and enlarges a small object that is in a corner.
func TestCenterBringsAnObjectToTheMiddle(t *testing.T) {
	const h, w = 40, 60
	for _, flip := range []bool{false, true} {
		labels, mask := make([]uint8, h*w), make([]bool, h*w)
		for y := 4; y < 9; y++ {
			for x := 47; x < 52; x++ {
				labels[y*w+x], mask[y*w+x] = 1, true
			}
		}
		a := noAugment()
		a.Scale = [2]float64{2, 2}
		of := a.draw(rand.New(rand.NewPCG(1, 2)), h, w)
		of.flip = flip
		of.center(mask)
		var x, y, n float64
		for at, l := range of.labels(labels) {
			if l == 1 {
				x, y, n = x+float64(at%w), y+float64(at/w), n+1
			}
		}
		require.InDelta(t, 100, n, 20, "twice as large")
		require.InDelta(t, float64(w-1)/2, x/n, 1)
		require.InDelta(t, float64(h-1)/2, y/n, 1)
	}
}
