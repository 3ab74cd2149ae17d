package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/volume"
)

// job is one propagation, checked and ready to run.
type job struct {
	image, mask, out string
	slices           slmsam.GraySlices
	shown            volume.Window // what is black and white in the report; zero: what suits each object
	prompts          []slmsam.Prompt
	labels           []int // asked for; nil: all
	options          slmsam.Options
	window           volume.WindowRule // that decided slices.Window; empty: the model's is still to be asked
}

// track is what the model said of one object.
type track struct {
	score    map[int]float32 // by slice
	prompted map[int]bool
	masks    map[int]bool // slices on which the user's own mask stands
}

// propagate runs the job and merges the objects into one label map.
func (j *job) propagate(ctx context.Context, g *nn.Graph, m *slmsam.Model, bar *progress) (*volume.LabelMap, map[int]*track, error) {
	labels := volume.NewLabelMap(j.slices.Volume)
	merger := slmsam.NewMerger(labels, j.slices.Axis)
	tracks := map[int]*track{}
	for _, p := range j.prompts {
		t := tracks[p.Object]
		if t == nil {
			t = &track{score: map[int]float32{}, prompted: map[int]bool{}, masks: map[int]bool{}}
			tracks[p.Object] = t
		}
		t.prompted[p.Slice] = true
		t.masks[p.Slice] = p.Mask != nil
	}
	err := m.Propagate(ctx, g, j.slices, j.prompts, j.options, func(r slmsam.SliceResult) error {
		for _, o := range r.Objects {
			if score := float64(o.Score); math.IsNaN(score) || math.IsInf(score, 0) {
				return fmt.Errorf("slice %d: the model's score for label %d is %v: the weights are damaged, or do not belong to this configuration", r.Slice, o.Object, o.Score)
			}
			tracks[o.Object].score[r.Slice] = o.Score
		}
		merger.Add(r.Slice, r.Objects, func(object int) bool { return tracks[object].masks[r.Slice] })
		bar.set(int64(r.Done), int64(r.Total))
		return nil
	})
	return labels, tracks, err
}

// promptSlices lists the slices that an object is prompted on.
func (t *track) promptSlices() []int {
	var on []int
	for i := range t.prompted {
		on = append(on, i)
	}
	slices.Sort(on)
	return on
}
