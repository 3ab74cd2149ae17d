package monailabel

import (
	"hash/maphash"
	"slices"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/volume"
)

// painted is what a result was made from, and what it was: which of its slices were drawn, and a hash of each.
// Slicer puts a result into the segment and sends that back with the next request; the slices that differ from
// the result are the ones that the annotator drew since.
type painted struct {
	drawn  map[int]bool // true: an outline; false: the object is absent
	hashes []uint64
}

// mostPainted bounds how many annotators' labels of one volume are remembered.
const mostPainted = 64

// drawing is which slices of a segment count as drawn.
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
	outlined := false
	for _, on := range next {
		outlined = outlined || on
	}
	if 2*same < held || !outlined { // not our result: the annotator began anew
		return fresh
	}
	return next
}

// planeHash is the hash of a slice; nil is an empty one.
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

// hashSeed lives as long as the process, and so do the hashes.
var hashSeed = maphash.MakeSeed()

// planesOf cuts what is true of a mask into slices across an axis; an empty slice is nil.
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

// strokes are a drawing's slices as strokes.
func strokes(dim [3]int, axis int, planes [][]bool, drawing map[int]bool) []annotate.Stroke {
	var out []annotate.Stroke
	for i, outlined := range drawing {
		region := annotate.Region{Hi: dim}
		region.Lo[axis], region.Hi[axis] = i, i+1
		s := annotate.Stroke{Kind: annotate.Absent, Axis: axis, Region: region}
		if outlined {
			s.Kind, s.Mask = annotate.Outline, planes[i]
		}
		out = append(out, s)
	}
	return out
}

// remember keeps what a result was made from.
func (o *opened) remember(who string, p painted) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.painted) >= mostPainted {
		clear(o.painted) // they all began long ago, or someone counts up
	}
	o.painted[who] = p
}

func (o *opened) remembered(who string) painted {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.painted[who]
}

// object is a number that no other request has.
func (o *opened) object() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.objects++
	return o.objects
}
