// Package annotatetest holds what the tests of the servers share: a model that copies outlines, a backend that is always full,
// and a volume.
package annotatetest

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// Limits are large enough for tests.
var Limits = annotate.Limits{Sessions: 3, Voxels: 1 << 20, TotalVoxels: 3 << 20}

// Copier is a model that copies outlines: each slice gets the nearest one, if that is within reach. Boxes
// are filled, and clicks add or remove 3 x 3 pixels.
type Copier struct {
	Reach int           // slices on either side of an outline; 0: 3
	Delay time.Duration // per slice
}

// WindowRule returns a rule that fits Ball.
func (c Copier) WindowRule() volume.WindowRule { return "0,100" }

// Prepare does nothing.
func (c Copier) Prepare(ctx context.Context, _ slmsam.Slices, _ []int) error { return ctx.Err() }

// Segment implements project.Model.
func (c Copier) Segment(ctx context.Context, r slmsam.Request) (*slmsam.Result, error) {
	result := &slmsam.Result{Labels: volume.NewLabelMap(r.Slices.Volume)}
	if r.Earlier != nil {
		copy(result.Labels.Data, r.Earlier.Data)
	}
	byLabel := map[int][]slmsam.Prompt{}
	for _, p := range r.Prompts {
		if len(p.Points) > 0 {
			p.Mask = marked(r.Slices, p)
		}
		byLabel[p.Object] = append(byLabel[p.Object], p)
	}
	found := map[int][]slmsam.Finding{}
	for i := r.First; i < r.End; i++ {
		computed := false
		for label, prompts := range byLabel {
			if r.Earlier != nil && !contains(r.Only[label], i) || contains(r.Absent[label], i) {
				continue
			}
			computed = true
			found[label] = append(found[label], c.copy(result.Labels, r.Slices.Axis, label, prompts, i))
		}
		if !computed {
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(c.Delay):
		}
		if r.Progress == nil {
			continue
		}
		if err := r.Progress(slmsam.Progress{Slice: i, Labels: result.Labels, Done: i + 1 - r.First, Total: r.End - r.First}); err != nil {
			return nil, err
		}
	}
	for _, label := range slices.Sorted(maps.Keys(found)) {
		result.Objects = append(result.Objects, slmsam.Object{Label: label, Slices: found[label]})
	}
	return result, nil
}

// marked returns the outline of a prompt with clicks or a box: its mask or the whole box, plus or minus the 3 x 3 pixels around
// each click.
func marked(s slmsam.Slices, p slmsam.Prompt) []bool {
	h, w := s.Size()
	mask := make([]bool, h*w)
	copy(mask, p.Mask)
	set := func(x0, y0, x1, y1 int, on bool) {
		for y := max(y0, 0); y <= min(y1, h-1); y++ {
			for x := max(x0, 0); x <= min(x1, w-1); x++ {
				mask[y*w+x] = on
			}
		}
	}
	for i, pt := range p.Points {
		x, y := int(pt.X), int(pt.Y)
		switch pt.Label {
		case slmsam.BoxTopLeft:
			set(x, y, int(p.Points[i+1].X), int(p.Points[i+1].Y), true)
		case slmsam.Positive, slmsam.Negative:
			set(x-1, y-1, x+1, y+1, pt.Label == slmsam.Positive)
		}
	}
	return mask
}

// copy writes a label's nearest outline to slice i, if it is within reach.
func (c Copier) copy(labels *volume.LabelMap, axis, label int, prompts []slmsam.Prompt, i int) slmsam.Finding {
	reach := c.Reach
	if reach == 0 {
		reach = 3
	}
	distance := func(p slmsam.Prompt) int { return max(p.Slice-i, i-p.Slice) }
	best := slices.MinFunc(prompts, func(a, b slmsam.Prompt) int {
		if d := distance(a) - distance(b); d != 0 {
			return d
		}
		return a.Slice - b.Slice
	})
	pix := labels.Slice(axis, i)
	for k, on := range best.Mask {
		switch {
		case on && distance(best) <= reach:
			pix[k] = int32(label)
		case pix[k] == int32(label):
			pix[k] = 0
		}
	}
	labels.SetSlice(axis, i, pix)
	f := slmsam.Finding{Slice: i, State: slmsam.StateTracked, Score: 3}
	switch d := distance(best); {
	case d == 0:
		f.State, f.Score = slmsam.StateOutlined, float32(math.NaN())
	case d == reach:
		f.Doubts = []slmsam.Doubt{{Reason: "the last slice that was copied to", Weight: 0.5}}
	case d > reach:
		f.State = slmsam.StateAbsent
	}
	return f
}

func contains(spans []slmsam.Span, slice int) bool {
	return slices.ContainsFunc(spans, func(s slmsam.Span) bool { return s.Contains(slice) })
}

// Full is a backend that has no room for a session. A real one comes from session.New.
type Full struct{}

// Open returns annotate.ErrFull.
func (Full) Open(*volume.Volume) (annotate.Session, error) { return nil, annotate.ErrFull }

// Limits returns none.
func (Full) Limits() annotate.Limits { return annotate.Limits{} }

// Ball returns a volume of nk x nj x ni voxels (Dim is ni, nj, nk) with a bright ball in the middle. Slices are 3 mm apart,
// and pixels are 1 mm wide.
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
