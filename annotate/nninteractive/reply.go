package nninteractive

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// prompt queues strokes and, with run, propagates the object through the image and replies with what has changed. A prompt
// that fails leaves nothing behind, so that the client can send it again.
func (s *Server) prompt(c *canvas, w http.ResponseWriter, r *http.Request, run bool, strokes ...annotate.Stroke) error {
	if len(strokes) > 0 {
		if err := s.keepWaiting(w, r, func() error { return c.session.Apply(r.Context(), object, strokes...) }); err != nil {
			return err
		}
	}
	if !run || len(strokes) == 0 {
		unchanged(w, false)
		return nil
	}
	if err := s.runOrUndo(c, w, r); err != nil {
		return err
	}
	return s.changed(c, w, r)
}

// runOrUndo runs a propagation, and undoes the last step if that fails.
func (s *Server) runOrUndo(c *canvas, w http.ResponseWriter, r *http.Request) error {
	_, err := s.run(c, w, r)
	if err != nil {
		if _, undoErr := c.session.Undo(object); undoErr != nil {
			return undoErr
		}
	}
	return err
}

// run propagates the object through the image.
func (s *Server) run(c *canvas, w http.ResponseWriter, r *http.Request) (ran bool, err error) {
	err = s.keepWaiting(w, r, func() (err error) {
		ran, err = c.session.Run(r.Context(), object, nil)
		return err
	})
	return ran, err
}

// keepWaiting calls work, and sends interim replies in the meantime, because a client gives up a minute after the last byte it
// has received.
func (s *Server) keepWaiting(w http.ResponseWriter, r *http.Request, work func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if fault := recover(); fault != nil {
				done <- fmt.Errorf("fault in a prediction: %v\n%s", fault, debug.Stack())
			}
		}()
		done <- work()
	}()
	ticker := time.NewTicker(s.options.Interim)
	defer ticker.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ticker.C:
			if takesInterim(r) {
				w.WriteHeader(http.StatusProcessing)
			}
		}
	}
}

// takesInterim reports whether a client keeps waiting after status 102. Python's http.client, and whatever is built on it,
// takes it for the final reply.
func takesInterim(r *http.Request) bool {
	agent := strings.ToLower(r.UserAgent())
	return r.ProtoAtLeast(1, 1) && agent != "" && !strings.HasPrefix(agent, "python-requests") && !strings.HasPrefix(agent, "python-urllib")
}

func (s *Server) predict(from *client, w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Refine bool `json:"force_full_refine"` // has no effect: every run is a full one
	}
	if err := web.ReadJSON(w, r, &q); err != nil {
		return err
	}
	c, err := from.ready()
	if err != nil {
		return err
	}
	ran, err := s.run(c, w, r)
	if err != nil {
		return err
	}
	if !ran {
		unchanged(w, false)
		return nil
	}
	return s.changed(c, w, r)
}

func (s *Server) undo(from *client, w http.ResponseWriter, r *http.Request) error {
	c, err := from.ready()
	if err != nil {
		return err
	}
	undone, err := c.session.Undo(object)
	if err != nil {
		return err
	}
	if !undone {
		unchanged(w, false)
		return nil
	}
	return s.changed(c, w, r)
}

// promptReply is the X-Meta header of a reply. Box is half open, [k,j,i]; nil means that the buffer has not changed.
type promptReply struct {
	Ran   bool       `json:"ran_prediction"`
	Box   *[3][2]int `json:"bbox"`
	Dtype dtype      `json:"dtype,omitempty"`
	Shape []int      `json:"shape,omitempty"`
}

// unchanged replies that the client's buffer stays as it is.
func unchanged(w http.ResponseWriter, ran bool) { reply(w, promptReply{Ran: ran}, nil) }

// reply replies with the header m and a packed array.
func reply(w http.ResponseWriter, m promptReply, body []byte) {
	raw, err := json.Marshal(m)
	if err != nil {
		panic("nninteractive: " + err.Error())
	}
	w.Header().Set(metaHeader, string(raw))
	web.Bytes(w, http.StatusOK, "application/octet-stream", body)
}

// changed replies with the smallest box of the session's mask that contains all differences from the client's buffer.
func (s *Server) changed(c *canvas, w http.ResponseWriter, r *http.Request) error {
	t := c.target
	if err := c.session.Mask(object, t.next); err != nil {
		return err
	}
	if err := r.Context().Err(); err != nil {
		return context.Cause(r.Context()) // the client is gone, so its buffer has not changed
	}
	box := difference(t.sent, t.next, c.shape)
	if box == nil {
		unchanged(w, true)
		return nil
	}
	a := &array{dtype: t.dtype, raw: t.cut(*box, c.shape)}
	for _, b := range box {
		a.shape = append(a.shape, b[1]-b[0])
	}
	reply(w, promptReply{Ran: true, Box: box, Dtype: a.dtype, Shape: a.shape}, s.codec.pack(a))
	t.sent, t.next = t.next, t.sent
	return nil
}

// difference returns the smallest box with all voxels in which two arrays differ; nil if they are equal.
func difference(a, b []uint8, shape [3]int) *[3][2]int {
	box := [3][2]int{{shape[0], 0}, {shape[1], 0}, {shape[2], 0}}
	for k := range shape[0] {
		for j := range shape[1] {
			row := (k*shape[1] + j) * shape[2]
			x, y := a[row:row+shape[2]], b[row:row+shape[2]]
			if string(x) == string(y) {
				continue
			}
			first, last := 0, shape[2]-1
			for x[first] == y[first] {
				first++
			}
			for x[last] == y[last] {
				last--
			}
			for axis, span := range [3][2]int{{k, k}, {j, j}, {first, last}} {
				box[axis][0] = min(box[axis][0], span[0])
				box[axis][1] = max(box[axis][1], span[1]+1)
			}
		}
	}
	if box[0][1] == 0 {
		return nil
	}
	return &box
}

// cut copies a box of the session's mask, as elements of the client's type.
func (t *target) cut(box [3][2]int, shape [3]int) []byte {
	size := t.dtype.size()
	n := (box[0][1] - box[0][0]) * (box[1][1] - box[1][0]) * (box[2][1] - box[2][0])
	out := make([]byte, n*size)
	at := 0
	for k := box[0][0]; k < box[0][1]; k++ {
		for j := box[1][0]; j < box[1][1]; j++ {
			row := (k*shape[1] + j) * shape[2]
			for _, x := range t.next[row+box[2][0] : row+box[2][1]] {
				out[at] = x // the first byte of a little-endian integer of any size
				at += size
			}
		}
	}
	return out
}
