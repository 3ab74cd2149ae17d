package project

import (
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// copier copies each object's nearest outline to every requested slice, and records the requests.
type copier struct {
	annotatetest.Copier
	mu       sync.Mutex
	requests []slmsam.Request
}

// far returns a copier that reaches every slice, and waits for delay on each.
func far(delay time.Duration) *copier {
	return &copier{Copier: annotatetest.Copier{Reach: depth, Delay: delay}}
}

func (c *copier) Segment(ctx context.Context, r slmsam.Request) (*slmsam.Result, error) {
	c.mu.Lock()
	c.requests = append(c.requests, r)
	c.mu.Unlock()
	return c.Copier.Segment(ctx, r)
}

var quiet = slog.New(slog.DiscardHandler)

// The size of the tests' volumes: depth slices of width x height pixels.
const (
	width, height, depth = 12, 10, 9
	pixels               = width * height
)

// newFolder makes a folder with the volumes a and b, and returns its path.
func newFolder(t *testing.T) string {
	dir := t.TempDir()
	for _, id := range []string{"a", "b"} {
		require.NoError(t, volume.WriteVolume(filepath.Join(dir, id+".nii.gz"), annotatetest.Ball(depth, height, width), volume.WriteOptions{}))
	}
	return dir
}

// openProject opens a project that is closed at the end of the test.
func openProject(t *testing.T, dir string, m Model) *Project {
	f, err := folder.Open(dir, 1<<20)
	require.NoError(t, err)
	p, err := Open(f, m, annotate.Limits{Voxels: 1 << 20, TotalVoxels: 1 << 20}, quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()); require.NoError(t, f.Close()) })
	return p
}

// openA opens the document of volume a.
func openA(t *testing.T, p *Project) *Document {
	d, err := p.Document("a")
	require.NoError(t, err)
	return d
}

// square returns an encoded slice with a label on the n x n pixels from (x0,y0).
func square(label uint8, x0, y0, n int) string {
	pix := make([]uint8, pixels)
	for y := y0; y < y0+n; y++ {
		for x := x0; x < x0+n; x++ {
			pix[y*width+x] = label
		}
	}
	return EncodePlane(pix)
}

var (
	me      = Author{Name: "me", Base: 1 << 30}
	kidney  = map[int]Object{1: {Name: "kidney", Color: "#e69f00"}}
	liver   = map[int]Object{2: {Name: "liver", Color: "#56b4e9"}}
	emptied = square(0, 0, 0, 1)
)

// slicesFound waits until a propagation has reported n slices.
func slicesFound(w *Watch, n int) {
	for e := range w.Events {
		if e.Type == "slice" {
			if n--; n == 0 {
				return
			}
		}
	}
}

// finished waits for a document's job to end, and returns the event that says how.
func finished(t *testing.T, w *Watch) Event {
	timeout := time.After(20 * time.Second)
	for {
		select {
		case e, ok := <-w.Events:
			require.True(t, ok)
			if e.Type == "job" && (e.State == "done" || e.State == "failed" || e.State == "cancelled") {
				return e
			}
		case <-timeout:
			t.Fatal("the job did not end")
		}
	}
}

// propagate runs a propagation to its end.
func propagate(t *testing.T, p *Project, d *Document) {
	w := d.Watch()
	defer w.Stop()
	require.NoError(t, p.Propagate(d, "me", Run{}))
	require.Equal(t, "done", finished(t, w).State)
}

// areas returns the number of a label's pixels on every slice.
func areas(t *testing.T, d *Document, label int) []int {
	s, err := decode(d.grid, d.Snapshot().Set)
	require.NoError(t, err)
	out := make([]int, d.grid.slices())
	for i := range out {
		pix, err := s.plane(i)
		require.NoError(t, err)
		for _, l := range pix {
			if int(l) == label {
				out[i]++
			}
		}
	}
	return out
}

// stateOf returns a document's present state.
func stateOf(t *testing.T, d *Document) *state {
	s, err := decode(d.grid, d.Snapshot().Set)
	require.NoError(t, err)
	return s
}
