package slmsam

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Doubt is a reason to look at a slice.
type Doubt struct {
	Reason string  // for display
	Weight float64 // 0 to 1: how strongly it speaks against the mask
}

// Doubtful is a slice that a person should look at.
type Doubtful struct {
	Label, Slice int
	Reasons      []string
	Weight       float64 // of all its doubts together, 0 to 1
}

// Thresholds for doubts, chosen so that few slices of good results are listed.
const (
	unsureScore   = 0.6  // logit: closer to 0 counts as unsure
	areaJump      = 1.6  // factor between neighboring slices
	leastArea     = 20   // pixels: areas and pieces of smaller objects mean nothing
	sidesDisagree = 0.75 // Dice of the masks from both sides: lower is doubtful
	strayPiece    = 0.1  // of the area: smaller stray pieces are ignored
)

// addDoubts adds the doubts about an object to its findings, given how well both sides agreed on each slice (or -1)
// and the object's shape there. What the annotator drew is never doubted.
func addDoubts(of []Finding, agreement []float64, shapes []shape) {
	for i := range of {
		f := &of[i]
		if f.State == StateOutlined {
			continue
		}
		doubt := func(weight float64, reason string, args ...any) {
			f.Doubts = append(f.Doubts, Doubt{fmt.Sprintf(reason, args...), min(max(weight, 0), 1)})
		}
		if score := math.Abs(float64(f.Score)); score < unsureScore && atEdge(of, i) { // not for NaN
			doubt(1-score/unsureScore, "unsure whether it is there (score %.1f)", f.Score)
		}
		if a := agreement[i]; a >= 0 && a < sidesDisagree {
			doubt(1-a, "the two outlines disagree (overlap %.2f)", a)
		}
		if inGap(of, i) {
			doubt(0.8, "missing between slices that have it")
		}
		if p, s := previous(of, i), shapes[i]; p >= 0 {
			before := shapes[p]
			if small, large := min(s.area, before.area), max(s.area, before.area); small >= leastArea && float64(large) > areaJump*float64(small) {
				doubt(1-float64(small)/float64(large), "area jumps from %d to %d pixels", before.area, s.area)
			}
			if s.area >= leastArea && s.pieces > before.pieces && s.stray > strayPiece {
				doubt(s.stray, "a piece has split off (%.0f%% of the area)", 100*s.stray)
			}
		}
	}
}

// atEdge reports whether the object is on finding i's slice or next to it; farther away, an unsure absence is no
// cause for doubt.
func atEdge(of []Finding, i int) bool {
	near := of[max(i-1, 0):min(i+2, len(of))]
	return slices.ContainsFunc(near, func(f Finding) bool { return f.Area > 0 })
}

// inGap reports whether the object is missing from finding i but present on slices on both sides of it.
func inGap(of []Finding, i int) bool {
	if of[i].Area > 0 {
		return false
	}
	holds := func(f Finding) bool { return f.Area > 0 }
	return slices.ContainsFunc(of[:i], holds) && slices.ContainsFunc(of[i+1:], holds)
}

// previous is the index of finding i's neighbor toward its nearest prompt; -1 if there is none.
func previous(of []Finding, i int) int {
	best := -1
	for k, f := range of {
		if f.State == StateOutlined || f.State == StatePrompted {
			if best < 0 || distance(of[k].Slice, of[i].Slice) < distance(of[best].Slice, of[i].Slice) {
				best = k
			}
		}
	}
	p := i - 1
	if best > i {
		p = i + 1
	}
	if best < 0 || p < 0 || p >= len(of) || distance(of[p].Slice, of[i].Slice) != 1 {
		return -1
	}
	return p
}

// distance is the number of slices from a to b.
func distance(a, b int) int { return max(a-b, b-a) }

// ranked lists the doubtful slices of all objects, most doubtful first.
func ranked(objects []Object) []Doubtful {
	var out []Doubtful
	for _, o := range objects {
		for _, f := range o.Slices {
			if len(f.Doubts) == 0 {
				continue
			}
			d := Doubtful{Label: o.Label, Slice: f.Slice}
			trust := 1.0
			for _, doubt := range f.Doubts {
				d.Reasons = append(d.Reasons, doubt.Reason)
				trust *= 1 - doubt.Weight
			}
			d.Weight = 1 - trust
			out = append(out, d)
		}
	}
	slices.SortStableFunc(out, func(a, b Doubtful) int { return cmp.Compare(b.Weight, a.Weight) })
	return out
}

// shape describes an object's mask on a slice.
type shape struct {
	area   int     // pixels
	pieces int     // 8-connected components
	stray  float64 // fraction of the area outside the largest piece
}

// measure returns the shape of every label on slices first..end-1 along axis, by label and slice.
func measure(l *volume.LabelMap, axis, first, end int) map[int]map[int]shape {
	out := map[int]map[int]shape{}
	_, w := volume.SliceSize(l.Dim, axis)
	for i := first; i < end; i++ {
		for label, s := range shapesOf(l.Slice(axis, i), w) {
			if out[label] == nil {
				out[label] = map[int]shape{}
			}
			out[label][i] = s
		}
	}
	return out
}

// shapesOf returns the shape of every label on a slice with w pixels per row.
func shapesOf(pix []int32, w int) map[int]shape {
	h := len(pix) / w
	visited := make([]bool, len(pix))
	largest := map[int]int{}
	out := map[int]shape{}
	var stack []int
	for seed, label := range pix {
		if label == 0 || visited[seed] {
			continue
		}
		stack, visited[seed] = append(stack[:0], seed), true
		size := 0
		for len(stack) > 0 {
			p := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			size++
			for y := max(p/w-1, 0); y <= min(p/w+1, h-1); y++ {
				for x := max(p%w-1, 0); x <= min(p%w+1, w-1); x++ {
					if q := y*w + x; !visited[q] && pix[q] == label {
						visited[q] = true
						stack = append(stack, q)
					}
				}
			}
		}
		s := out[int(label)]
		s.area, s.pieces = s.area+size, s.pieces+1
		largest[int(label)] = max(largest[int(label)], size)
		out[int(label)] = s
	}
	for label, s := range out {
		s.stray = 1 - float64(largest[label])/float64(s.area)
		out[label] = s
	}
	return out
}
