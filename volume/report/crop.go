package report

import (
	"image"
	"math"
	"slices"
)

// crops determines squares around an object on slices [h,w], in the view.
type crops struct {
	boxes  []image.Rectangle // the object's bounds, by slice
	h, w   int
	mmX    float64 // width of a pixel
	mmY    float64 // height of a pixel
	side   float64 // mm, of the squares on most slices
	filled []int   // slices with the object
}

// newCrops chooses the same size for most slices, so that areas can be compared: large enough for the object and its
// surroundings on nine of ten slices.
func newCrops(boxes []image.Rectangle, h, w int, mmX, mmY float64) crops {
	c := crops{boxes: boxes, h: h, w: w, mmX: mmX, mmY: mmY}
	const (
		around  = 1.5
		usual   = 0.9 // of the slices
		fewest  = 24  // pixels along a side
		leastOf = 0.1 // of the slice
	)
	var extents []float64
	for z, b := range boxes {
		if !b.Empty() {
			c.filled = append(c.filled, z)
			extents = append(extents, c.extent(b))
		}
	}
	whole := c.extent(image.Rect(0, 0, w, h))
	c.side = max(fewest*min(mmX, mmY), leastOf*whole)
	if len(extents) > 0 {
		slices.Sort(extents)
		c.side = max(c.side, around*extents[int(usual*float64(len(extents)-1))])
	}
	c.side = min(c.side, whole)
	return c
}

// extent returns the longer side of a box, in mm.
func (c crops) extent(b image.Rectangle) float64 {
	return max(float64(b.Dx())*c.mmX, float64(b.Dy())*c.mmY)
}

// at returns the square for a slice: around the object on this slice and its neighbors or, if it is absent there, around its
// place on the nearest slice with it. The square may extend beyond a narrow slice.
func (c crops) at(z int) image.Rectangle {
	var b image.Rectangle
	for i := max(z-1, 0); i <= min(z+1, len(c.boxes)-1); i++ {
		b = b.Union(c.boxes[i])
	}
	if b.Empty() && len(c.filled) > 0 {
		b = c.boxes[slices.MinFunc(c.filled, func(i, j int) int { return abs(i-z) - abs(j-z) })]
	}
	if b.Empty() {
		b = image.Rect(0, 0, c.w, c.h)
	}
	const margin = 1.15
	side := min(max(c.side, margin*c.extent(b)), c.extent(image.Rect(0, 0, c.w, c.h)))
	x0, x1 := interval(b.Min.X, b.Max.X, side/c.mmX, c.w)
	y0, y1 := interval(b.Min.Y, b.Max.Y, side/c.mmY, c.h)
	return image.Rect(x0, y0, x1, y1)
}

// interval returns an interval of the given length around lo to hi, moved into 0 to n. If it is longer than n, it is centered.
func interval(lo, hi int, length float64, n int) (from, to int) {
	l := max(int(math.Round(length)), 1)
	if l >= n {
		from = -(l - n) / 2
	} else {
		from = min(max((lo+hi-l)/2, 0), n-l)
	}
	return from, from + l
}

func abs(x int) int { return max(x, -x) }

// cut copies a part of a picture [h,w]. Pixels beyond the picture are zero.
func cut[T any](pix []T, h, w int, part image.Rectangle) []T {
	out := make([]T, part.Dx()*part.Dy())
	in := part.Intersect(image.Rect(0, 0, w, h))
	for y := in.Min.Y; y < in.Max.Y; y++ {
		copy(out[(y-part.Min.Y)*part.Dx()+in.Min.X-part.Min.X:], pix[y*w+in.Min.X:y*w+in.Max.X])
	}
	return out
}
