package nn

import (
	"fmt"
	"math"
)

// SineGrid returns SinePositions of a side x side grid as a constant [1,side*side,c].
func (g *Graph) SineGrid(side, c int) *Tensor {
	return g.Constant(fmt.Sprintf("sine grid %d %d", side, c),
		func() []float32 { return SinePositions(side, side, c) }, 1, side*side, c)
}

// SinePositions returns the sine encoding of the positions in an h x w grid as [h*w, c] (SAM 2's PositionEmbeddingSine,
// normalized). The first c/2 channels encode y, the others x: coordinate k of 1..n becomes v = 2*pi*k/(n + 1e-6), and channels 2i
// and 2i+1 of an axis are the sine and cosine of v / 10000^(2i/(c/2)).
func SinePositions(h, w, c int) []float32 {
	half := c / 2
	out := make([]float32, h*w*c)
	axis := func(dst []float32, at, n int) {
		v := float64(at+1) / (float64(n) + 1e-6) * 2 * math.Pi
		for i := 0; i < half; i += 2 {
			s, c := math.Sincos(v / math.Pow(10000, float64(i)/float64(half)))
			dst[i], dst[i+1] = float32(s), float32(c)
		}
	}
	for y := 0; y < h; y++ {
		for x := 0; x < w; x++ {
			row := out[(y*w+x)*c:]
			axis(row[:half], y, h)
			axis(row[half:c], x, w)
		}
	}
	return out
}

// SineDistance returns the sine encoding of a number as c values (SAM 2's get_1d_sine_pe): c/2 sines, then c/2 cosines, of
// at / 10000^(2*floor(i/2)/(c/2)).
func SineDistance(at float64, c int) []float32 {
	half := c / 2
	out := make([]float32, c)
	for i := 0; i < half; i++ {
		s, c := math.Sincos(at / math.Pow(10000, 2*float64(i/2)/float64(half)))
		out[i], out[half+i] = float32(s), float32(c)
	}
	return out
}
