package monailabel

import (
	"hash/maphash"
	"maps"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// painted describes a result: which slices it was computed from, and a hash of each of its slices. Slicer puts a result
// into the segment and sends the segment with the next request. The slices that then differ from the result are those
// that the annotator has drawn on since.
type painted struct {
	drawn  map[int]bool // by slice: true for an outline, false where the object was marked as absent
	hashes []uint64
}

// maxPainted bounds how many results are remembered per volume, one for each annotator and label.
const maxPainted = 64

// drawing returns which slices of a segment count as drawn: true where it outlines the object, false where it says that
// the object is absent. If the segment does not resemble the result, the annotator started over, and every slice with
// something on it counts.
func (p painted) drawing(planes [][]bool, hashes []uint64) map[int]bool {
	fresh := map[int]bool{}
	for i, plane := range planes {
		if plane != nil {
			fresh[i] = true
		}
	}
	if len(p.hashes) != len(hashes) {
		return fresh
	}
	same, held := 0, 0
	empty := planeHash(nil)
	next := map[int]bool{}
	for i, h := range hashes {
		if p.hashes[i] != empty {
			held++
			if h == p.hashes[i] {
				same++
			}
		}
		switch {
		case h != p.hashes[i]:
			next[i] = planes[i] != nil
		case p.drawn[i] && planes[i] != nil:
			next[i] = true
		default:
			if on, was := p.drawn[i]; was && !on && planes[i] == nil {
				next[i] = false
			}
		}
	}
	outlined := slices.Contains(slices.Collect(maps.Values(next)), true)
	if 2*same < held || !outlined { // not the result
		return fresh
	}
	return next
}

// planeHash returns the hash of a slice; nil stands for an empty one.
func planeHash(plane []bool) uint64 {
	var h maphash.Hash
	h.SetSeed(hashSeed)
	for _, on := range plane {
		b := byte(0)
		if on {
			b = 1
		}
		_ = h.WriteByte(b) // never fails
	}
	return h.Sum64()
}

// hashSeed lives as long as the process, as the hashes do.
var hashSeed = maphash.MakeSeed()

// planesOf cuts a mask into slices across an axis and hashes them. An empty slice is nil.
func planesOf(dim [3]int, axis int, mask []bool) (planes [][]bool, hashes []uint64) {
	planes, hashes = make([][]bool, dim[axis]), make([]uint64, dim[axis])
	for i := range planes {
		if plane := volume.TakeSlice(mask, dim, axis, i); slices.Contains(plane, true) {
			planes[i] = plane
		}
		hashes[i] = planeHash(planes[i])
	}
	return planes, hashes
}

// strokes returns the slices that count as drawn as strokes, in order.
func strokes(dim [3]int, axis int, planes [][]bool, drawing map[int]bool) []annotate.Stroke {
	var out []annotate.Stroke
	for _, i := range slices.Sorted(maps.Keys(drawing)) {
		region := annotate.Region{Hi: dim}
		region.Lo[axis], region.Hi[axis] = i, i+1
		s := annotate.Stroke{Kind: annotate.Absent, Axis: axis, Region: region}
		if drawing[i] {
			s.Kind, s.Mask = annotate.Outline, planes[i]
		}
		out = append(out, s)
	}
	return out
}

// remember stores the description of a result, for remembered.
func (o *opened) remember(who string, p painted) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.painted) >= maxPainted {
		clear(o.painted) // some are long outdated, or a client invents names
	}
	o.painted[who] = p
}

func (o *opened) remembered(who string) painted {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.painted[who]
}

// object returns a new number for a request's object.
func (o *opened) object() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.objects++
	return o.objects
}
