package nninteractive

import (
	"math"
	"net/http"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// flags are what comes with every prompt. Whether capabilities are checked is the client's affair.
type flags struct {
	Include *bool `json:"include_interaction"`
	Run     *bool `json:"run_prediction"` // absent: true, but for an initial segmentation
}

// erase says that the prompt shows what does not belong to the object.
func (f flags) erase() (bool, error) {
	if f.Include == nil {
		return false, annotate.Inputf("include_interaction is missing")
	}
	return !*f.Include, nil
}

func (f flags) run(standard bool) bool {
	if f.Run == nil {
		return standard
	}
	return *f.Run
}

// coordinates are what a prompt has that is not drawn.
type coordinates struct {
	Point []float64   `json:"coordinates"` // [k,j,i]
	Box   [][]float64 `json:"bbox_coords"`
}

// coordinatePrompt takes points and boxes: what stroke makes of their coordinates.
func (s *Server) coordinatePrompt(stroke func(*canvas, coordinates) (annotate.Stroke, error)) func(*client, http.ResponseWriter, *http.Request) error {
	return func(from *client, w http.ResponseWriter, r *http.Request) error {
		var q struct {
			flags
			coordinates
		}
		if err := web.ReadJSON(w, r, &q); err != nil {
			return err
		}
		c, err := from.ready()
		if err != nil {
			return err
		}
		erase, err := q.erase()
		if err != nil {
			return err
		}
		drawn, err := stroke(c, q.coordinates)
		if err != nil {
			return err
		}
		drawn.Erase = erase
		return s.prompt(c, w, r, q.run(true), drawn)
	}
}

// click is a point as a stroke. One at the rim may lie outside: it is that of the nearest voxel.
func (c *canvas) click(q coordinates) (annotate.Stroke, error) {
	stroke := annotate.Stroke{Kind: annotate.Click}
	if len(q.Point) != 3 {
		return stroke, annotate.Inputf("a point has three coordinates, this one has %d", len(q.Point))
	}
	for i, x := range q.Point {
		at := whole(x, 0, c.shape[i]-1)
		stroke.Region.Lo[2-i], stroke.Region.Hi[2-i] = at, at+1
	}
	return stroke, nil
}

// box is a box on one slice as a stroke.
func (c *canvas) box(q coordinates) (annotate.Stroke, error) {
	region, err := c.region(q.Box)
	if err != nil {
		return annotate.Stroke{}, err
	}
	size := region.Size()
	axis := c.home
	if size[axis] != 1 {
		axis = slices.Index(size[:], 1)
	}
	if axis < 0 {
		return annotate.Stroke{}, annotate.Inputf("the box spans %v voxels: only boxes on one slice are accepted", c.reversed(size))
	}
	return annotate.Stroke{Kind: annotate.Box, Axis: axis, Region: region}, nil
}

// whole rounds, halves to even as NumPy does, and keeps within lo and hi.
func whole(x float64, lo, hi int) int {
	return int(math.RoundToEven(min(max(x, float64(lo)), float64(hi))))
}

// region reads half-open bounds [[k0,k1],[j0,j1],[i0,i1]], clipped to the image: napari's boxes may end past it.
func (c *canvas) region(kji [][]float64) (annotate.Region, error) {
	var region annotate.Region
	if len(kji) != 3 {
		return region, annotate.Inputf("a box must have bounds along three axes; this one has %d", len(kji))
	}
	for i, bounds := range kji {
		if len(bounds) != 2 {
			return region, annotate.Inputf("a box must have two bounds along each axis; this one has %d", len(bounds))
		}
		lo, hi := whole(bounds[0], 0, c.shape[i]), whole(bounds[1], 0, c.shape[i])
		region.Lo[2-i], region.Hi[2-i] = lo, hi
		if lo >= hi {
			return region, annotate.Inputf("the box %v contains no voxel of the image, which has %v", kji, c.shape)
		}
	}
	return region, nil
}

// reversed turns file order into [k,j,i] and back.
func (c *canvas) reversed(v [3]int) [3]int { return [3]int{v[2], v[1], v[0]} }

// maskPrompt takes lassos and scribbles: a mask of the whole image or of a box of it.
func (s *Server) maskPrompt(kind annotate.StrokeKind) func(*client, http.ResponseWriter, *http.Request) error {
	return func(from *client, w http.ResponseWriter, r *http.Request) error {
		var q struct {
			flags
			Box [][]float64 `json:"interaction_bbox"`
		}
		if err := meta(r, &q); err != nil {
			return err
		}
		c, err := from.ready()
		if err != nil {
			return err
		}
		erase, err := q.erase()
		if err != nil {
			return err
		}
		a, err := s.readMask(c, w, r)
		if err != nil {
			return err
		}
		region := annotate.Region{Hi: c.reversed(c.shape)}
		if q.Box != nil {
			if region, err = c.region(q.Box); err != nil {
				return err
			}
		}
		if want := c.reversed(region.Size()); !slices.Equal(a.shape, want[:]) {
			return annotate.Inputf("the mask has the shape %v, its box %v", a.shape, want)
		}
		return s.prompt(c, w, r, q.run(true), annotate.StrokesOf(kind, erase, region, a.bools(), c.home)...)
	}
}

// readMask reads a packed mask that is at most as large as the image.
func (s *Server) readMask(c *canvas, w http.ResponseWriter, r *http.Request) (*array, error) {
	limit := 8 * len(c.target.sent)
	body, err := web.ReadAll(w, r, int64(limit)+overhead)
	if err != nil {
		return nil, err
	}
	return s.codec.unpack(body, limit)
}

// addInitial replaces the object by a mask, which the client has put into its buffer already.
func (s *Server) addInitial(from *client, w http.ResponseWriter, r *http.Request) error {
	var q flags
	if err := meta(r, &q); err != nil {
		return err
	}
	c, err := from.ready()
	if err != nil {
		return err
	}
	a, err := s.readMask(c, w, r)
	if err != nil {
		return err
	}
	if !slices.Equal(a.shape, c.shape[:]) {
		return annotate.Inputf("the initial segmentation has the shape %v, the image %v", a.shape, c.shape)
	}
	mask := make([]uint8, len(c.target.sent))
	for i, on := range a.bools() {
		if on {
			mask[i] = 1
		}
	}
	if err := c.session.Replace(object, mask); err != nil {
		return err
	}
	if !q.run(false) {
		c.target.took(a)
		unchanged(w, false)
		return nil
	}
	if err := s.runOrUndo(c, w, r); err != nil {
		return err
	}
	c.target.took(a)
	return s.changed(c, w, r)
}

// took notes that the client put a mask into its buffer.
func (t *target) took(a *array) {
	size := a.dtype.size()
	for i := range t.sent {
		element := a.raw[i*size : (i+1)*size]
		switch {
		case allZero(element):
			t.sent[i] = 0
		case element[0] == 1 && allZero(element[1:]):
			t.sent[i] = 1
		default:
			t.sent[i] = 2
		}
	}
}
