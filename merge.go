package slmsam

import (
	"math"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Merger turns the results of Propagate into one label map: each object's number is its label, a pixel
// that several objects claim goes to the highest logit, whichever order they come in, and the pixels of
// a mask prompt are never taken by another object.
type Merger struct {
	labels *volume.LabelMap
	axis   int
	won    map[int][]float32 // by slice: the logits that won its labelled pixels, in pixel order
	best   []float32         // [h,w] scratch
}

// NewMerger returns a merger that fills labels, empty as yet, slice by slice across axis.
func NewMerger(labels *volume.LabelMap, axis int) *Merger {
	h, w := volume.SliceSize(labels.Dim, axis)
	return &Merger{labels: labels, axis: axis, won: map[int][]float32{}, best: make([]float32, h*w)}
}

// Add merges what was found on a slice. verbatim says of an object whether its result on this slice is
// the user's own mask; nil means that none is.
func (m *Merger) Add(slice int, objects []ObjectResult, verbatim func(object int) bool) {
	pix := m.labels.Slice(m.axis, slice)
	won := m.won[slice]
	for i, label := range pix {
		m.best[i] = 0
		if label != 0 {
			m.best[i], won = won[0], won[1:]
		}
	}
	for _, o := range objects {
		fixed := verbatim != nil && verbatim(o.Object)
		for i, l := range o.Logits {
			if l > 0 && fixed {
				l = math.MaxFloat32
			}
			if l > m.best[i] {
				m.best[i], pix[i] = l, int32(o.Object)
			}
		}
	}
	m.labels.SetSlice(m.axis, slice, pix)
	kept := m.won[slice][:0]
	for i, label := range pix {
		if label != 0 {
			kept = append(kept, m.best[i])
		}
	}
	m.won[slice] = kept
}
