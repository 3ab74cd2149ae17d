package volume

import (
	"fmt"
	"math"
)

// Filter is an interpolation kernel of PIL's Image.resize.
type Filter int

const (
	Bicubic  Filter = iota // a = -0.5; the official loader's filter for inference
	Bilinear               // triangle; used when training
)

// pilBits is the fixed-point precision of Pillow's 8-bit resampling (Resample.c: 32 - 8 - 2).
const pilBits = 22

// ResizePIL resizes an 8-bit picture from [h,w] to [H,W] exactly like Pillow: with fixed-point weights, a support that is
// stretched when the picture shrinks, and a horizontal and then a vertical pass, each rounded to 8 bits
// (Pillow, src/libImaging/Resample.c). It does not preserve the aspect ratio.
func ResizePIL(src []uint8, h, w, H, W int, filter Filter) []uint8 {
	if len(src) != h*w || h <= 0 || w <= 0 || H <= 0 || W <= 0 {
		panic(fmt.Sprintf("volume.ResizePIL: got %d pixels for (%d,%d) -> (%d,%d)", len(src), h, w, H, W))
	}
	out := src
	if W != w {
		out = pilHorizontal(out, h, w, W, filter)
	}
	if H != h {
		out = pilVertical(out, h, W, H, filter)
	}
	if W == w && H == h {
		out = append([]uint8(nil), src...)
	}
	return out
}

// pilHalf is one half in fixed point: it makes the final shift round to nearest.
const pilHalf = int32(1) << (pilBits - 1)

// pilHorizontal resamples every row from w to W pixels.
func pilHorizontal(src []uint8, h, w, W int, filter Filter) []uint8 {
	out := make([]uint8, h*W)
	for x, t := range pilTaps(w, W, filter) {
		for y := range h {
			sum := pilHalf
			window := src[y*w+t.first:]
			for j, k := range t.weights {
				sum += int32(window[j]) * k
			}
			out[y*W+x] = clip8(sum)
		}
	}
	return out
}

// pilVertical resamples every column from h to H pixels, a row at a time.
func pilVertical(src []uint8, h, w, H int, filter Filter) []uint8 {
	out := make([]uint8, H*w)
	sums := make([]int32, w)
	for y, t := range pilTaps(h, H, filter) {
		for x := range sums {
			sums[x] = pilHalf
		}
		for j, k := range t.weights {
			for x, p := range src[(t.first+j)*w : (t.first+j+1)*w] {
				sums[x] += int32(p) * k
			}
		}
		for x, sum := range sums {
			out[y*w+x] = clip8(sum)
		}
	}
	return out
}

func clip8(sum int32) uint8 { return uint8(min(max(sum>>pilBits, 0), 255)) }

// pilTap is the weighted sum of consecutive input samples that makes an output sample, with fixed-point weights.
type pilTap struct {
	first   int
	weights []int32
}

// pilTaps is Pillow's precompute_coeffs followed by normalize_coeffs_8bpc.
func pilTaps(n, m int, filter Filter) []pilTap {
	kernel, support := pilBilinear, 1.0
	if filter == Bicubic {
		kernel, support = pilBicubic, 2.0
	}
	step := float64(n) / float64(m)
	stretch := max(step, 1)
	support *= stretch
	inverse := 1 / stretch
	taps := make([]pilTap, m)
	for i := range taps {
		center := (float64(i) + 0.5) * step
		first := max(int(center-support+0.5), 0)
		last := min(int(center+support+0.5), n)
		weights := make([]float64, last-first)
		var sum float64
		for j := range weights {
			weights[j] = kernel((float64(j+first) - center + 0.5) * inverse)
			sum += weights[j]
		}
		fixed := make([]int32, len(weights))
		for j, k := range weights {
			fixed[j] = int32(math.Round(k / sum * (1 << pilBits)))
		}
		taps[i] = pilTap{first, fixed}
	}
	return taps
}

func pilBilinear(x float64) float64 { return max(1-math.Abs(x), 0) }

func pilBicubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}
