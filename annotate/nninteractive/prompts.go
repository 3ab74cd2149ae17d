package nninteractive

import (
	"math"
	"net/http"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// flags are the fields of every prompt.
type flags struct {
	Include *bool `json:"include_interaction"`
	Run     *bool `json:"run_prediction"` // absent: true, except for an initial segmentation
}

// erase reports whether the prompt shows what does not belong to the object.
func (f flags) erase() (bool, error) {
	if f.Include == nil {
		return false, annotate.Inputf("include_interaction is missing")
	}
	return !*f.Include, nil
}

// run reports whether the client wants a prediction, or absent if it does not say.
func (f flags) run(absent bool) bool {
	if f.Run == nil {
		return absent
	}
	return *f.Run
}

// coordinates are the fields of a prompt that is a point or a box.
type coordinates struct {
	Point []float64   `json:"coordinates"` // [k,j,i]
	Box   [][]float64 `json:"bbox_coords"`
}

// coordinatePrompt returns a handler for points or boxes, which stroke turns into strokes.
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

// click returns a point as a stroke. A point outside the image, which may occur at its edge, counts for the nearest voxel.
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

// box returns a box on one slice as a stroke.
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
		return annotate.Stroke{}, annotate.Inputf("the box spans %v voxels: only boxes on one slice are accepted", reversed(size))
	}
	return annotate.Stroke{Kind: annotate.Box, Axis: axis, Region: region}, nil
}

// whole rounds a number, halves to even like NumPy, and clips it to lo and hi.
func whole(x float64, lo, hi int) int {
	return int(math.RoundToEven(min(max(x, float64(lo)), float64(hi))))
}

// region reads half-open bounds [[k0,k1],[j0,j1],[i0,i1]], and clips them to the image, because napari's boxes may extend
// beyond it.
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

// reversed converts between file order and [k,j,i].
func reversed(v [3]int) [3]int { return [3]int{v[2], v[1], v[0]} }

// maskPrompt returns a handler for lassos or scribbles: masks of the whole image or of a box in it.
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
		region := annotate.Region{Hi: reversed(c.shape)}
		if q.Box != nil {
			if region, err = c.region(q.Box); err != nil {
				return err
			}
		}
		if want := reversed(region.Size()); !slices.Equal(a.shape, want[:]) {
			return annotate.Inputf("the mask has the shape %v, its box %v", a.shape, want)
		}
		return s.prompt(c, w, r, q.run(true), annotate.StrokesOf(kind, erase, region, a.bools(), c.home)...)
	}
}

// readMask reads a packed mask with at most as many voxels as the image.
func (s *Server) readMask(c *canvas, w http.ResponseWriter, r *http.Request) (*array, error) {
	limit := 8 * len(c.target.sent)
	body, err := web.ReadAll(w, r, int64(limit)+overhead)
	if err != nil {
		return nil, err
	}
	return s.codec.unpack(body, limit)
}

// addInitial replaces the object with a mask, which the client has already put into its buffer.
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

// took records that the client has put a mask into its buffer.
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
