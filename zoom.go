package slmsam

import (
	"context"
	"math"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
)

// Region is a rectangle of a slice: rows Y0..Y1 and columns X0..X1, the ends excluded.
type Region struct{ Y0, X0, Y1, X1 int }

// Size is the region's height and width.
func (r Region) Size() (h, w int) { return r.Y1 - r.Y0, r.X1 - r.X0 }

// zoomedSlices shows a region of every slice.
type zoomedSlices struct {
	Slices
	region Region
}

// Size is the height and width of the region.
func (z zoomedSlices) Size() (h, w int) { return z.region.Size() }

// Gray is the region of slice i.
func (z zoomedSlices) Gray(i int) []uint8 {
	_, w := z.Slices.Size()
	return Cut(z.Slices.Gray(i), w, z.region)
}

// Cut takes a region out of rows of w values.
func Cut[T any](pix []T, w int, r Region) []T {
	h, n := r.Size()
	out := make([]T, 0, h*n)
	for y := r.Y0; y < r.Y1; y++ {
		out = append(out, pix[y*w+r.X0:y*w+r.X1]...)
	}
	return out
}

// propagateZoomed is Propagate with every object seen in a region of its own. Features are computed for each
// object anew, and nothing is found outside its region.
func (m *Model) propagateZoomed(ctx context.Context, g *nn.Graph, s Slices, prompts []Prompt, zoom float64, opt Options, emit func(SliceResult) error) error {
	objects, order := map[int][]Prompt{}, []int(nil)
	for _, p := range prompts {
		if objects[p.Object] == nil {
			order = append(order, p.Object)
		}
		objects[p.Object] = append(objects[p.Object], p)
	}
	h, w := s.Size()
	opt.Zoom = WholeSlice // of the region
	for k, object := range order {
		r := Region{Y1: h, X1: w}
		if zoom > 0 {
			r = Around(objects[object], h, w, zoom)
		}
		err := m.Propagate(ctx, g, zoomedSlices{Slices: m.shownAs(s, objects[object]), region: r}, zoomed(objects[object], w, r), opt, func(found SliceResult) error {
			for i := range found.Objects {
				found.Objects[i].Logits = pasted(found.Objects[i].Logits, h, w, r)
			}
			found.Done, found.Total = k*found.Total+found.Done, len(order)*found.Total
			return emit(found)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Around returns the square about an object's masks and boxes whose side is zoom times the larger side of what
// they cover, moved and cut to lie on a slice of h x w pixels; the whole slice if there are none.
func Around(prompts []Prompt, h, w int, zoom float64) Region {
	lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{} // y, x
	see := func(y, x float64) {
		lo[0], lo[1] = min(lo[0], y), min(lo[1], x)
		hi[0], hi[1] = max(hi[0], y), max(hi[1], x)
	}
	for _, p := range prompts {
		for i, on := range p.Mask {
			if on {
				see(float64(i/w), float64(i%w))
			}
		}
		for _, pt := range p.Points {
			if pt.Label == decoder.BoxTopLeft || pt.Label == decoder.BoxBottomRight {
				see(pt.Y, pt.X)
			}
		}
	}
	if hi[0] < lo[0] {
		return Region{Y1: h, X1: w}
	}
	side := zoom * (max(hi[0]-lo[0], hi[1]-lo[1]) + 1)
	var r Region
	r.Y0, r.Y1 = interval((lo[0]+hi[0]+1)/2, side, h)
	r.X0, r.X1 = interval((lo[1]+hi[1]+1)/2, side, w)
	return r
}

// interval returns the whole numbers of an interval of the given length about a middle, moved into 0..n.
func interval(middle, length float64, n int) (from, to int) {
	size := int(min(max(math.Ceil(length), 1), float64(n)))
	from = min(max(int(math.Round(middle-float64(size)/2)), 0), n-size)
	return from, from + size
}

// zoomed moves an object's prompts from slices of width w to a region.
func zoomed(prompts []Prompt, w int, r Region) []Prompt {
	out := make([]Prompt, len(prompts))
	for i, p := range prompts {
		if p.Mask != nil {
			p.Mask = Cut(p.Mask, w, r)
		}
		points := make([]decoder.Point, len(p.Points))
		for k, pt := range p.Points {
			pt.X, pt.Y = pt.X-float64(r.X0), pt.Y-float64(r.Y0)
			points[k] = pt
		}
		p.Points = points
		out[i] = p
	}
	return out
}

// pasted puts the logits of a region back on a slice of h x w pixels; outside, nothing is found.
func pasted(logits []float32, h, w int, r Region) []float32 {
	out := make([]float32, h*w)
	for i := range out {
		out[i] = decoder.NoObject
	}
	_, n := r.Size()
	for y := r.Y0; y < r.Y1; y++ {
		copy(out[y*w+r.X0:], logits[(y-r.Y0)*n:][:n])
	}
	return out
}
