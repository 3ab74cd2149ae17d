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
	under map[int32][]run // after finish: voxels of a label that a smaller one hides
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
	p.runs[label] = appendVoxel(p.runs[label], i)
}

// appendVoxel adds voxel i to ascending runs.
func appendVoxel(runs []run, i int) []run {
	if last := len(runs) - 1; last >= 0 && runs[last].end == i {
		runs[last].end++
		return runs
	}
	return append(runs, run{i, i + 1})
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
	p.under = map[int32][]run{}
	for _, l := range labels { // the smallest comes last
		for _, r := range p.runs[l] {
			for i := r.start; i < r.end; i++ {
				if was := data[i]; was != 0 && was != l {
					shared++
					p.under[was] = appendVoxel(p.under[was], i)
				}
				data[i] = l
			}
		}
	}
	if shared > 0 {
		p.note(fmt.Sprintf("%d voxels belong to more than one region: the map shows the smallest of them, and each is whole as a prompt", shared))
	}
	for l := range legend {
		if size[l] == 0 {
			delete(legend, l)
		}
	}
	return data
}

// Region is where a label lies on slice i across axis, row-major [H,W] as Slice: also where a smaller region that it was
// read with hides it.
func (l *LabelMap) Region(axis, i int, label int32) []bool {
	pix := l.Slice(axis, i)
	out := make([]bool, len(pix))
	for k, v := range pix {
		out[k] = v == label
	}
	_, w := SliceSize(l.Dim, axis)
	u, v := planeAxes(axis)
	for _, r := range l.under[label] {
		for k := r.start; k < r.end; k++ {
			if at := [3]int{k % l.Dim[0], k / l.Dim[0] % l.Dim[1], k / l.Dim[0] / l.Dim[1]}; at[axis] == i {
				out[at[u]+w*at[v]] = true
			}
		}
	}
	return out
}
