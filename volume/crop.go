package volume

import "math"

// Crop is a rectangle of a slice: rows Y0 to Y1-1, columns X0 to X1-1.
type Crop struct{ Y0, X0, Y1, X1 int }

// WholeSlice returns the crop that contains a whole slice of h x w pixels.
func WholeSlice(h, w int) Crop { return Crop{Y1: h, X1: w} }

// Size returns the crop's height and width.
func (c Crop) Size() (h, w int) { return c.Y1 - c.Y0, c.X1 - c.X0 }

// SquareCrop returns the square with the given side around a point (y, x), moved and cut to fit a slice of h x w pixels.
func SquareCrop(y, x, side float64, h, w int) Crop {
	var c Crop
	c.Y0, c.Y1 = interval(y, side, h)
	c.X0, c.X1 = interval(x, side, w)
	return c
}

// interval returns the interval from..to-1 of the given length around a middle, moved into 0..n-1.
func interval(middle, length float64, n int) (from, to int) {
	size := int(min(max(math.Ceil(length), 1), float64(n)))
	from = min(max(int(math.Round(middle-float64(size)/2)), 0), n-size)
	return from, from + size
}

// Cut copies a crop out of a slice with w pixels per row.
func Cut[T any](pix []T, w int, c Crop) []T {
	h, n := c.Size()
	out := make([]T, 0, h*n)
	for y := c.Y0; y < c.Y1; y++ {
		out = append(out, pix[y*w+c.X0:y*w+c.X1]...)
	}
	return out
}

// Paste is the inverse of Cut: it puts the pixels of a crop back on a slice of h x w pixels, with fill around them.
func Paste[T any](pix []T, h, w int, c Crop, fill T) []T {
	out := make([]T, h*w)
	for i := range out {
		out[i] = fill
	}
	_, n := c.Size()
	for y := c.Y0; y < c.Y1; y++ {
		copy(out[y*w+c.X0:], pix[(y-c.Y0)*n:][:n])
	}
	return out
}
