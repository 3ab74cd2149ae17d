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

// copier copies each object's nearest outline to every slice that is asked for, and notes what it was asked for.
type copier struct {
	annotatetest.Copier
	mu       sync.Mutex
	requests []slmsam.Request
}

// far is a copier that takes its time for every slice.
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

// The volume of the tests: slices of width x height pixels.
const (
	width, height, depth = 12, 10, 9
	pixels               = width * height
)

// newFolder makes a folder with the volumes a and b.
func newFolder(t *testing.T) string {
	dir := t.TempDir()
	for _, id := range []string{"a", "b"} {
		require.NoError(t, volume.WriteVolume(filepath.Join(dir, id+".nii.gz"), annotatetest.Ball(depth, height, width), volume.WriteOptions{}))
	}
	return dir
}

// openProject opens a project that is closed with the test.
func openProject(t *testing.T, dir string, m Model) *Project {
	f, err := folder.Open(dir, 1<<20)
	require.NoError(t, err)
	p, err := Open(f, m, annotate.Limits{Voxels: 1 << 20, TotalVoxels: 1 << 20}, quiet)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()); require.NoError(t, f.Close()) })
	return p
}

func openA(t *testing.T, p *Project) *Document {
	d, err := p.Document("a")
	require.NoError(t, err)
	return d
}

// square is a slice with a label on the pixels x0..x0+n-1, y0..y0+n-1.
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

// slicesFound waits for the first n slices of a propagation.
func slicesFound(w *Watch, n int) {
	for e := range w.Events {
		if e.Type == "slice" {
			if n--; n == 0 {
				return
			}
		}
	}
}

// finished waits for the end of a document's job.
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
			t.Fatal("the job does not end")
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

// areas is how many pixels a label has on every slice.
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

func stateOf(t *testing.T, d *Document) *state {
	s, err := decode(d.grid, d.Snapshot().Set)
	require.NoError(t, err)
	return s
}
