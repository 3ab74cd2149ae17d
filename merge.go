package slmsam

import (
	"math"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Merger turns the results of Propagate into one label map: each object's number is its label, a pixel
// that several objects claim goes to the highest logit, whichever order they come in, and the pixels of
// a mask prompt are never taken by another object.
type Merger struct {
	labels *volume.Labels
	axis   int
	claims map[int][]claim // by slice
	best   []float32       // [h,w] scratch
}

// claim is a pixel that belongs to an object, with the logit that won it.
type claim struct {
	pixel int32
	logit float32
}

// NewMerger returns a merger that fills labels, slice by slice across axis.
func NewMerger(labels *volume.Labels, axis int) *Merger {
	h, w := volume.SliceSize(labels.Dim, axis)
	return &Merger{labels: labels, axis: axis, claims: map[int][]claim{}, best: make([]float32, h*w)}
}

// Add merges what was found on a slice. verbatim says of an object whether its result is the user's own
// mask; it may be nil.
func (m *Merger) Add(slice int, objects []ObjectResult, verbatim func(object int) bool) {
	pix := m.labels.Slice(m.axis, slice)
	clear(m.best)
	for _, c := range m.claims[slice] {
		m.best[c.pixel] = c.logit
	}
	for _, o := range objects {
		fixed := verbatim != nil && verbatim(o.Object)
		for i, l := range o.Logits {
			if l <= 0 {
				continue
			}
			if fixed {
				l = math.MaxFloat32
			}
			if l > m.best[i] {
				m.best[i], pix[i] = l, int32(o.Object)
			}
		}
	}
	m.labels.SetSlice(m.axis, slice, pix)
	kept := m.claims[slice][:0]
	for i, l := range m.best {
		if l > 0 {
			kept = append(kept, claim{int32(i), l})
		}
	}
	m.claims[slice] = kept
}
