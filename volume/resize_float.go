package volume

import "fmt"

// ResizeBilinear resizes a float picture from [h,w] to [H,W] like torch's interpolate(mode="bilinear",
// align_corners=False): the centers of the outer pixels are not aligned, and samples beyond the border
// repeat it. Coordinates and weights are computed in float32, as in torch.
func ResizeBilinear(src []float32, h, w, H, W int) []float32 {
	checkResize("ResizeBilinear", len(src), h, w, H, W)
	xs, ys := bilinearTaps(w, W), bilinearTaps(h, H)
	out := make([]float32, H*W)
	for y, ty := range ys {
		upper, lower := src[ty.a*w:ty.a*w+w], src[ty.b*w:ty.b*w+w]
		row := out[y*W : (y+1)*W]
		for x, tx := range xs {
			top := tx.wa*upper[tx.a] + tx.wb*upper[tx.b]
			bottom := tx.wa*lower[tx.a] + tx.wb*lower[tx.b]
			row[x] = ty.wa*top + ty.wb*bottom
		}
	}
	return out
}

// bilinearTap is the weighted sum of input samples a and b that makes an output sample.
type bilinearTap struct {
	a, b   int
	wa, wb float32
}

func bilinearTaps(n, m int) []bilinearTap {
	step := float32(n) / float32(m)
	taps := make([]bilinearTap, m)
	for i := range taps {
		at := max(step*(float32(i)+0.5)-0.5, 0)
		a := min(int(at), n-1)
		wb := min(max(at-float32(a), 0), 1)
		taps[i] = bilinearTap{a, min(a+1, n-1), 1 - wb, wb}
	}
	return taps
}

// ResizeAntialias resizes a float picture from [h,w] to [H,W] like torch's interpolate(mode="bilinear",
// align_corners=False, antialias=True). As in PIL's bilinear filter, the kernel is stretched when the picture
// shrinks, but everything is float32 without rounding. The horizontal pass comes first.
func ResizeAntialias(src []float32, h, w, H, W int) []float32 {
	checkResize("ResizeAntialias", len(src), h, w, H, W)
	xs, ys := antialiasTaps(w, W), antialiasTaps(h, H)
	mid := make([]float32, h*W)
	for y := range h {
		for x, t := range xs {
			var sum float32
			for j, k := range t.weights {
				sum += k * src[y*w+t.first+j]
			}
			mid[y*W+x] = sum
		}
	}
	out := make([]float32, H*W)
	for y, t := range ys {
		row := out[y*W : (y+1)*W]
		for j, k := range t.weights {
			for x, p := range mid[(t.first+j)*W : (t.first+j+1)*W] {
				row[x] += k * p
			}
		}
	}
	return out
}

// antialiasTap is the weighted sum of consecutive input samples that makes an output sample.
type antialiasTap struct {
	first   int
	weights []float32
}

// antialiasTaps follows torch's _compute_indices_min_size_weights_aa in float32.
func antialiasTaps(n, m int) []antialiasTap {
	step := float32(n) / float32(m)
	support := max(step, 1)
	inverse := 1 / support
	taps := make([]antialiasTap, m)
	for i := range taps {
		center := step * (float32(i) + 0.5)
		first := max(int(center-support+0.5), 0)
		last := min(int(center+support+0.5), n)
		weights := make([]float32, last-first)
		var sum float32
		for j := range weights {
			x := (float32(j+first) - center + 0.5) * inverse
			weights[j] = max(1-max(x, -x), 0)
			sum += weights[j]
		}
		for j := range weights {
			weights[j] /= sum
		}
		taps[i] = antialiasTap{first, weights}
	}
	return taps
}

// ResizeMask resizes a mask prompt [h,w] to [size,size] like the official predictor: 0 and 1 are interpolated
// bilinearly with antialiasing, and values of at least 0.5 are inside. A mask of that size is copied.
func ResizeMask(mask []bool, h, w, size int) []bool {
	if h == size && w == size {
		return append([]bool(nil), mask...)
	}
	values := make([]float32, len(mask))
	for i, inside := range mask {
		if inside {
			values[i] = 1
		}
	}
	out := make([]bool, size*size)
	for i, p := range ResizeAntialias(values, h, w, size, size) {
		out[i] = p >= 0.5
	}
	return out
}

func checkResize(name string, n, h, w, H, W int) {
	if n != h*w || h <= 0 || w <= 0 || H <= 0 || W <= 0 {
		panic(fmt.Sprintf("volume.%s: got %d values for (%d,%d) -> (%d,%d)", name, n, h, w, H, W))
	}
}
