package report

import (
	"image"
	"strings"

	"github.com/seed-6f79f512/slmsam/volume"
)

// view orients a slice as radiologists display it: front or head up, and the patient's right on the left of the picture or,
// for sagittal slices, the front on the left.
type view struct {
	transpose, flipX, flipY bool
	left, top               string  // anatomical directions of the edges; empty if unknown
	width, height           float64 // mm
}

// viewOf returns the view of slices along axis.
func viewOf(g volume.Geometry, axis int) view {
	x, y := 0, 1 // the axes along columns and rows, see volume.SliceSize
	switch axis {
	case 0:
		x, y = 1, 2
	case 1:
		x, y = 0, 2
	}
	h, w := volume.SliceSize(g.Dim, axis)
	v := view{width: float64(w) * g.Spacing[x], height: float64(h) * g.Spacing[y]}
	orientation := g.Orientation()
	if g.Nominal || strings.Contains(orientation, "?") {
		return v
	}
	across, down := orientation[x:x+1], orientation[y:y+1]
	if in(across, "SI") || in(across, "AP") && in(down, "RL") {
		v.transpose = true
		across, down = down, across
		v.width, v.height = v.height, v.width
	}
	v.flipX, v.flipY = in(across, "RA"), in(down, "AS")
	v.left, v.top = "R", "A"
	if in(across, "AP") {
		v.left = "A"
	}
	if in(down, "SI") {
		v.top = "S"
	}
	return v
}

func in(letter, set string) bool { return strings.Contains(set, letter) }

// size returns the height and width in the view of a slice [h,w].
func (v view) size(h, w int) (int, int) {
	if v.transpose {
		return w, h
	}
	return h, w
}

// turn orients a picture [h,w].
func turn[T any](v view, pix []T, h, w int) []T {
	H, W := v.size(h, w)
	out := make([]T, len(pix))
	for y := range H {
		for x := range W {
			sy, sx := y, x
			if v.flipY {
				sy = H - 1 - y
			}
			if v.flipX {
				sx = W - 1 - x
			}
			if v.transpose {
				sy, sx = sx, sy
			}
			out[y*W+x] = pix[sy*w+sx]
		}
	}
	return out
}

// rect returns the place in the view of a part of a slice [h,w].
func (v view) rect(r image.Rectangle, h, w int) image.Rectangle {
	if r.Empty() {
		return image.Rectangle{}
	}
	if v.transpose {
		r = image.Rect(r.Min.Y, r.Min.X, r.Max.Y, r.Max.X)
	}
	H, W := v.size(h, w)
	if v.flipX {
		r.Min.X, r.Max.X = W-r.Max.X, W-r.Min.X
	}
	if v.flipY {
		r.Min.Y, r.Max.Y = H-r.Max.Y, H-r.Min.Y
	}
	return r
}
