package nninteractive

import (
	"math"
	"net/http"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
)

// client is the holder of a lease.
type client struct{ canvas *canvas } // nil before the client has sent an image

// canvas is a client's image with its object.
type canvas struct {
	session annotate.Session
	shape   [3]int // [k,j,i]
	home    int    // the acquisition axis, in file order
	target  *target
}

// target is the server's view of the client's label buffer.
type target struct {
	dtype dtype
	sent  []uint8 // the client's buffer, by voxel; 2 stands for anything but 0 and 1
	next  []uint8 // the session's mask, while it is compared with sent
}

// object is the number of a canvas's only object.
const object = 1

// imageBytes is the maximum number of bytes of an image's voxels, on average.
const imageBytes = 4

// overhead is how many bytes longer a packed array may be than its elements.
const overhead = 1 << 20

// setImage receives a new image. It replaces the previous one as soon as it is known to be valid.
func (s *Server) setImage(from *client, w http.ResponseWriter, r *http.Request) error {
	var m struct {
		Properties struct {
			Spacing []float64 `json:"spacing"`
		} `json:"image_properties"`
	}
	if err := meta(r, &m); err != nil {
		return err
	}
	limit := imageBytes * s.backend.Limits().Voxels
	giveBack, err := s.uploads.Take(r, int64(limit)+overhead)
	if err != nil {
		return err
	}
	defer giveBack()
	body, err := web.ReadAll(w, r, int64(limit)+overhead)
	if err != nil {
		return err
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	a, err := s.codec.unpack(body, limit)
	if err != nil {
		return err
	}
	if len(a.shape) != 4 || a.shape[0] != 1 {
		return annotate.Inputf("the image has the shape %v, want [1, k, j, i]: one channel and three axes", a.shape)
	}
	if voxels := a.shape[1] * a.shape[2] * a.shape[3]; voxels > s.backend.Limits().Voxels { // before they become float32
		return annotate.Inputf("the image has %d voxels, more than the %d that this server accepts", voxels, s.backend.Limits().Voxels)
	}
	v := &volume.Volume{Dim: [3]int{a.shape[3], a.shape[2], a.shape[1]}, Data: a.floats()}
	v.Geom = volume.NewGeometry(v.Dim, spacing(m.Properties.Spacing))
	from.close()
	session, err := s.backend.Open(v)
	if err != nil {
		return err
	}
	from.canvas = &canvas{session: session, shape: [3]int(a.shape[1:]), home: v.AcquisitionAxis()}
	web.JSON(w, http.StatusOK, map[string]any{"original_image_shape": a.shape})
	return nil
}

// spacing converts a spacing [k,j,i] in mm to file order. Missing or invalid values become 1.
func spacing(kji []float64) [3]float64 {
	out := [3]float64{1, 1, 1}
	if len(kji) != 3 {
		return out
	}
	for axis := range out {
		if mm := kji[2-axis]; mm > 0 && !math.IsInf(mm, 0) {
			out[axis] = mm
		}
	}
	return out
}

// ready returns the canvas, or an InputError if the image or the target buffer is missing.
func (c *client) ready() (*canvas, error) {
	if c.canvas == nil {
		return nil, annotate.Inputf("no image yet: send /set_image first")
	}
	if c.canvas.target == nil {
		return nil, annotate.Inputf("no target buffer yet: send /set_target_buffer first")
	}
	return c.canvas, nil
}

// close frees the canvas.
func (c *client) close() {
	if c.canvas != nil {
		c.canvas.session.Close()
		c.canvas = nil
	}
}

// setTarget receives the shape and type of the client's buffer, which is still empty.
func (s *Server) setTarget(from *client, w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Shape []int  `json:"shape"`
		Dtype string `json:"dtype"`
	}
	if err := web.ReadJSON(w, r, &q); err != nil {
		return err
	}
	if from.canvas == nil {
		return annotate.Inputf("no image yet: send /set_image first")
	}
	c := from.canvas
	if !slices.Equal(q.Shape, c.shape[:]) {
		return annotate.Inputf("the target buffer has the shape %v, the image %v", q.Shape, c.shape)
	}
	d, err := parseDtype(q.Dtype)
	if err != nil {
		return err
	}
	if d.isFloat() {
		return annotate.Inputf("the target buffer has the type %s, want whole numbers", d)
	}
	n := c.shape[0] * c.shape[1] * c.shape[2]
	c.target = &target{dtype: d, sent: make([]uint8, n), next: make([]uint8, n)}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}

// setAutozoom accepts the setting and ignores it: the model decides what part of a slice it looks at.
func (s *Server) setAutozoom(_ *client, w http.ResponseWriter, r *http.Request) error {
	var q struct {
		On bool `json:"do_autozoom"`
	}
	if err := web.ReadJSON(w, r, &q); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}

// reset forgets the object. The client clears its buffer itself.
func (s *Server) reset(from *client, w http.ResponseWriter, _ *http.Request) error {
	if c := from.canvas; c != nil {
		if err := c.session.Reset(object); err != nil {
			return err
		}
		if c.target != nil {
			clear(c.target.sent)
		}
	}
	web.JSON(w, http.StatusOK, struct{}{})
	return nil
}
