package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// scan is what one client annotates: a volume of its own with a bright tube through all slices, and a rectangle around the tube
// on the middle slice.
type scan struct {
	id    string
	v     *volume.Volume
	slice int
	box   [2][2]int // first and one past the last, along x and y
}

// newScan returns the n-th client's volume, with slices of side x side pixels. No two have the tube in the same place.
func newScan(n, side, slices int) scan {
	v := &volume.Volume{Dim: [3]int{side, side, slices}, Data: make([]float32, side*side*slices)}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 3})
	r := side / 8
	x, y := side/4+n%5*side/10, side/4+n/5*side/10
	for i := range v.Data {
		px, py, k := i%side, i/side%side, i/side/side
		v.Data[i] = float32((px*7 + py*13 + k*29 + n) % 11)
		if dx, dy := px-x-k%2, py-y; dx*dx+dy*dy < r*r {
			v.Data[i] += 100
		}
	}
	return scan{fmt.Sprintf("client%02d", n), v, slices / 2, [2][2]int{{x - r, x + r}, {y - r, y + r}}}
}

// path returns the path of the scan's file in a folder.
func (s scan) path(dir string) string { return filepath.Join(dir, s.id+".nii.gz") }

// mask returns the rectangle as a mask of the whole volume.
func (s scan) mask() []uint8 {
	out := make([]uint8, len(s.v.Data))
	copy(out[s.slice*s.v.Dim[0]*s.v.Dim[1]:], s.plane())
	return out
}

// plane returns the rectangle as a mask of its slice.
func (s scan) plane() []uint8 {
	out := make([]uint8, s.v.Dim[0]*s.v.Dim[1])
	for y := s.box[1][0]; y < s.box[1][1]; y++ {
		for x := s.box[0][0]; x < s.box[0][1]; x++ {
			out[y*s.v.Dim[0]+x] = 1
		}
	}
	return out
}

// put writes a scan into a folder.
func (s scan) put(t *testing.T, dir string) {
	require.NoError(t, volume.WriteVolume(s.path(dir), s.v, volume.WriteOptions{}))
}

// annotator is a client. It opens its volume once and then runs any number of times, each time from the same outline. run
// returns the server's whole answer.
type annotator interface {
	open(ctx context.Context) error
	run(ctx context.Context) ([]byte, error)
	close(ctx context.Context)
}

// pageClient does what the page does, on a volume of the served folder.
type pageClient struct {
	scan
	url string
}

func (c *pageClient) at(path string) string { return c.url + "/api/volumes/" + c.id + path }

func (c *pageClient) open(ctx context.Context) error {
	return ask(ctx, http.MethodGet, c.at(""), nil).want(http.StatusOK)
}

// edit returns the request that draws the outline of the scan.
func (c *pageClient) edit() map[string]any {
	return map[string]any{"op": "draw", "author": c.id, "slice": c.slice, "plane": project.EncodePlane(c.plane()),
		"objects": map[int]project.Object{1: {Name: "tube", Color: "#e69f00"}}}
}

func (c *pageClient) run(ctx context.Context) ([]byte, error) {
	me := map[string]any{"author": c.id, "base": 1 << 30}
	for range 2 {
		if err := ask(ctx, http.MethodPost, c.at("/undo"), me).want(http.StatusOK); err != nil {
			return nil, err
		}
	}
	if err := ask(ctx, http.MethodPost, c.at("/edits"), c.edit()).want(http.StatusOK); err != nil {
		return nil, err
	}
	if err := c.propagate(ctx, me); err != nil {
		return nil, err
	}
	a := ask(ctx, http.MethodGet, c.at("/labels?format=.nrrd"), nil)
	return a.body, a.want(http.StatusOK)
}

// propagate starts a propagation and waits until it ends.
func (c *pageClient) propagate(ctx context.Context, me map[string]any) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.at("/events"), nil)
	if err != nil {
		return err
	}
	stream, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer stream.Body.Close()
	events := json.NewDecoder(bufio.NewReader(stream.Body))
	asked := false
	for {
		var e project.Event
		if err := events.Decode(&e); err != nil {
			return fmt.Errorf("the events end: %w", err)
		}
		if !asked {
			asked = true
			if err := ask(ctx, http.MethodPost, c.at("/propagation"), me).want(http.StatusAccepted); err != nil {
				return err
			}
		}
		switch {
		case e.State == "done":
			return nil
		case e.State == "failed", e.State == "cancelled":
			return fmt.Errorf("the propagation %s: %s", e.State, e.Error)
		}
	}
}

func (c *pageClient) close(context.Context) {}
