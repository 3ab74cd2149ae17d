package slmsam

import (
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// merger combines the masks of single objects into one label map. A pixel claimed by several objects goes to the one
// with the highest logit, in whatever order they arrive. New findings never take pixels from an earlier result, and
// nothing takes what the annotator drew.
type merger struct {
	labels *volume.LabelMap
	axis   int
	won    map[int][]float32 // by slice: the winning logits of its labeled pixels, in pixel order, until the last object has arrived
	toCome map[int]int       // by slice: number of objects yet to arrive
	best   []float32         // [h,w] scratch
}

// earlierLogit exceeds any logit of a model.
const earlierLogit = math.MaxFloat32

// drawnLogit exceeds even that.
var drawnLogit = float32(math.Inf(1))

// newMerger fills labels slice by slice along axis. Pixels that are already labeled belong to an earlier result.
func newMerger(labels *volume.LabelMap, axis int) *merger {
	h, w := volume.SliceSize(labels.Dim, axis)
	return &merger{labels: labels, axis: axis, won: map[int][]float32{}, toCome: map[int]int{}, best: make([]float32, h*w)}
}

// add merges one object's logits [h,w] on a slice, or drawn, the mask that the annotator drew instead.
func (m *merger) add(slice, object int, logits []float32, drawn []bool) {
	pix := m.labels.Slice(m.axis, slice)
	m.load(slice, pix)
	for i, on := range drawn {
		if on {
			m.best[i], pix[i] = drawnLogit, int32(object)
		}
	}
	for i, l := range logits {
		if l > m.best[i] {
			m.best[i], pix[i] = l, int32(object)
		}
	}
	m.labels.SetSlice(m.axis, slice, pix)
	if m.toCome[slice]--; m.toCome[slice] == 0 {
		delete(m.won, slice)
		return
	}
	kept := m.won[slice][:0]
	for i, label := range pix {
		if label != 0 {
			kept = append(kept, m.best[i])
		}
	}
	m.won[slice] = kept
}

// load sets best to the winning logits of a slice's pixels; 0 where nothing is labeled.
func (m *merger) load(slice int, pix []int32) {
	won, seen := m.won[slice]
	for i, label := range pix {
		switch {
		case label == 0:
			m.best[i] = 0
		case !seen:
			m.best[i] = earlierLogit
		default:
			m.best[i], won = won[0], won[1:]
		}
	}
}

// claims returns the logits with which other objects hold the pixels of a slice so far, [h,w]; 0 where none does. What an
// earlier result holds is no claim: it may be what is being corrected.
func (m *merger) claims(slice, object int) []float32 {
	pix := m.labels.Slice(m.axis, slice)
	m.load(slice, pix)
	out := slices.Clone(m.best)
	for i, label := range pix {
		if label == 0 || label == int32(object) || out[i] == earlierLogit {
			out[i] = 0
		}
	}
	return out
}

// erase removes an object from a slice of an earlier result.
func (m *merger) erase(slice, object int) {
	pix := m.labels.Slice(m.axis, slice)
	for i, label := range pix {
		if label == int32(object) {
			pix[i] = 0
		}
	}
	m.labels.SetSlice(m.axis, slice, pix)
}
