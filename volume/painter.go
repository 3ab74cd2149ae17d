package volume

import (
	"fmt"
	"maps"
	"slices"
	"sort"
)

// painter makes a label map from regions that may overlap (segments, contours, layers). Where they do, the smallest region wins:
// an organ, for example, rather than the outline of the body.
type painter struct {
	n     int // number of voxels of the map
	runs  map[int32][]run
	notes []string
}

// run is a range of voxels, start to end-1.
type run struct{ start, end int }

func newPainter(n int) *painter { return &painter{n: n, runs: map[int32][]run{}} }

// note adds a note unless it is already there.
func (p *painter) note(text string) {
	if !slices.Contains(p.notes, text) {
		p.notes = append(p.notes, text)
	}
}

// paint adds voxel i to the region of a label. Label 0 is ignored.
func (p *painter) paint(i int, label int32) {
	if label == 0 {
		return
	}
	runs := p.runs[label]
	if last := len(runs) - 1; last >= 0 && runs[last].end == i {
		runs[last].end++
		return
	}
	p.runs[label] = append(runs, run{i, i + 1})
}

// finish returns the label map, notes how many voxels belong to several regions, and removes legend entries without voxels.
func (p *painter) finish(legend map[int32]Label) []int32 {
	size := map[int32]int{}
	for l, runs := range p.runs {
		for _, r := range runs {
			size[l] += r.end - r.start
		}
	}
	labels := slices.Sorted(maps.Keys(p.runs))
	slices.Reverse(labels) // of two regions of the same size, the lower label wins
	sort.SliceStable(labels, func(i, j int) bool { return size[labels[i]] > size[labels[j]] })
	data := make([]int32, p.n)
	shared := 0
	for _, l := range labels { // from the largest to the smallest
		for _, r := range p.runs[l] {
			for i := r.start; i < r.end; i++ {
				if data[i] != 0 && data[i] != l {
					shared++
				}
				data[i] = l
			}
		}
	}
	if shared > 0 {
		p.note(fmt.Sprintf("%d voxels belong to more than one region: each went to the smallest", shared))
	}
	for l := range legend {
		if size[l] == 0 {
			delete(legend, l)
		}
	}
	return data
}
