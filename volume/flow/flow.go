package flow

import "fmt"

// Field says where the pixels of a slice come from: pixel (x,y) is at (x+DX, y+DY) on the neighbor.
type Field struct {
	H, W   int
	DX, DY []float32 // [H,W] pixels
}

// Settings of the search: OpenCV's medium preset, but with a coarser grid of patches, which takes half the time and
// changes the overlap of carried masks by less than 0.002 (docs/nano.md).
const (
	finest    = 1  // the search stops at half resolution; the field is then interpolated
	smallest  = 20 // smallest side of a pyramid level
	patch     = 8  // side of a patch
	stride    = 4  // distance between patches
	descents  = 12 // most Gauss-Newton steps per patch in each pass
	leastSide = 16 // smaller slices are enlarged before the search
)

// Between returns the flow between neighboring 8-bit slices [h,w]: for every pixel of to, where it is on from.
func Between(from, to []uint8, h, w int) *Field {
	if h < 1 || w < 1 || len(from) != h*w || len(to) != h*w {
		panic(fmt.Sprintf("flow.Between: got %d and %d pixels, want (%d,%d)", len(from), len(to), h, w))
	}
	a, b := fromGray(from, h, w), fromGray(to, h, w)
	pyramidA, pyramidB := pyramid(a), pyramid(b)
	var f *Field
	for l := len(pyramidA) - 1; l >= 0; l-- {
		source, target := pyramidA[l], pyramidB[l]
		if f == nil {
			f = Still(target.h, target.w)
		} else {
			f = f.resized(target.h, target.w)
		}
		s := newSearch(source, target)
		f = s.run(f)
		refine(f, source, target)
	}
	return f.resized(h, w)
}

// Still returns a field [h,w] of zero displacements.
func Still(h, w int) *Field {
	return &Field{H: h, W: w, DX: make([]float32, h*w), DY: make([]float32, h*w)}
}

// resized resizes a field and scales its displacements accordingly.
func (f *Field) resized(h, w int) *Field {
	out := &Field{H: h, W: w, DX: resize(plane{f.H, f.W, f.DX}, h, w).pix, DY: resize(plane{f.H, f.W, f.DY}, h, w).pix}
	sx, sy := float32(w)/float32(f.W), float32(h)/float32(f.H)
	for i := range out.DX {
		out.DX[i] *= sx
		out.DY[i] *= sy
	}
	return out
}

// Then composes two flows: f leads from one slice to a second, next from the second to a third.
func (f *Field) Then(next *Field) *Field {
	out := &Field{H: f.H, W: f.W, DX: next.Warp(f.DX), DY: next.Warp(f.DY)}
	for i := range out.DX {
		out.DX[i] += next.DX[i]
		out.DY[i] += next.DY[i]
	}
	return out
}

// Warp carries values [H,W] from Between's from slice to its to slice: every pixel takes the bilinearly interpolated
// value at the place it comes from, clamped to the border.
func (f *Field) Warp(values []float32) []float32 {
	if len(values) != f.H*f.W {
		panic(fmt.Sprintf("flow.Warp: got %d values, want (%d,%d)", len(values), f.H, f.W))
	}
	p := plane{f.H, f.W, values}
	out := make([]float32, len(values))
	for y := range f.H {
		for x := range f.W {
			i := y*f.W + x
			out[i] = p.at(spotAt(float32(x)+f.DX[i], f.W), spotAt(float32(y)+f.DY[i], f.H))
		}
	}
	return out
}
