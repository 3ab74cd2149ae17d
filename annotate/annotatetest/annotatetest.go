// Package annotatetest holds what the tests of the servers share: a backend without a model, and a volume.
package annotatetest

import (
	"context"
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/inmemory"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Limits are enough for tests.
var Limits = annotate.Limits{Sessions: 3, Voxels: 1 << 20, TotalVoxels: 3 << 20}

// Backend carries outlines by copying them, each to the slices within reach, the nearest outline to each slice.
func Backend(limits annotate.Limits, c Copier) *inmemory.Engine { return inmemory.New(c, limits) }

// Copier is a tracker that copies.
type Copier struct {
	Reach int           // slices to either side of an outline; 0: 3
	Delay time.Duration // per slice
}

// Track implements inmemory.Tracker.
func (c Copier) Track(ctx context.Context, j inmemory.Job) (inmemory.Found, error) {
	if j.Only == nil {
		j.Only = []inmemory.Span{{First: 0, End: j.Volume.Dim[j.Axis]}}
	}
	found := inmemory.Found{Masks: map[int][]bool{}}
	for _, span := range j.Only {
		for i := span.First; i < span.End; i++ {
			select {
			case <-ctx.Done():
				return inmemory.Found{}, ctx.Err()
			case <-time.After(c.Delay):
			}
			c.copy(&found, j, i)
			j.Progress(i+1-span.First, span.End-span.First)
		}
	}
	return found, nil
}

// copy finds slice i.
func (c Copier) copy(found *inmemory.Found, j inmemory.Job, i int) {
	reach := c.Reach
	if reach == 0 {
		reach = 3
	}
	best := reach + 1
	for slice, plane := range j.Outlines {
		if !slices.Contains(plane, true) {
			continue
		}
		if d := max(slice-i, i-slice); d < best || d == best && d <= reach && slice < i {
			best, found.Masks[i] = d, plane
		}
	}
	if best == reach {
		found.Doubts = append(found.Doubts, annotate.Doubt{Axis: j.Axis, Slice: i, Reason: "the last slice of a copy"})
	}
}

// Ball is a volume of nk x nj x ni voxels (file order ni, nj, nk) with a bright ball in the middle, its slices
// 3 mm apart, its pixels 1 mm.
func Ball(nk, nj, ni int) *volume.Volume {
	v := &volume.Volume{Dim: [3]int{ni, nj, nk}, Data: make([]float32, nk*nj*ni)}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 3})
	for i := range v.Data {
		x, y, z := float64(i%ni)-float64(ni)/2, float64(i/ni%nj)-float64(nj)/2, 3*(float64(i/ni/nj)-float64(nk)/2)
		v.Data[i] = float32(i % 7)
		if r := float64(min(ni, nj)) / 3; x*x+y*y+z*z < r*r {
			v.Data[i] += 100
		}
	}
	return v
}
