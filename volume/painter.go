package volume

import (
	"fmt"
	"maps"
	"slices"
	"sort"
)

// painter makes a label map of regions that may overlap (segments, contours, layers): where they do, the smaller
// region is seen, as an organ in the outline of the body.
type painter struct {
	n     int // voxels of the map
	runs  map[int32][]run
	notes []string
}

// run is voxels start to end-1.
type run struct{ start, end int }

func newPainter(n int) *painter { return &painter{n: n, runs: map[int32][]run{}} }

func (p *painter) note(text string) {
	if !slices.Contains(p.notes, text) {
		p.notes = append(p.notes, text)
	}
}

// paint makes voxel i part of a label; 0 is no label.
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

// finish makes the label map, and says how many voxels belong to several regions. Entries of the legend without a
// voxel are removed.
func (p *painter) finish(legend map[int32]Label) []int32 {
	size := map[int32]int{}
	for l, runs := range p.runs {
		for _, r := range runs {
			size[l] += r.end - r.start
		}
	}
	labels := slices.Sorted(maps.Keys(p.runs))
	slices.Reverse(labels) // of two of one size, the lower label is seen
	sort.SliceStable(labels, func(i, j int) bool { return size[labels[i]] > size[labels[j]] })
	data := make([]int32, p.n)
	shared := 0
	for _, l := range labels { // the smallest comes last
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
