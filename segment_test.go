package slmsam_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// visits runs Segment on n slices and returns, for each object, the slices in the order in which they were processed. It
// checks that the progress counts up to the total.
func visits(t *testing.T, n int, prompts []slmsam.Prompt, opt slmsam.Options) map[int][]int {
	t.Helper()
	dev := cpu.New(0)
	defer dev.Close()
	seen := map[int][]int{}
	done, total := 0, 0
	_, err := newModel(t, dev).Segment(t.Context(), slmsam.Request{Slices: ramp(n), Prompts: prompts, Options: opt,
		Progress: func(p slmsam.Progress) error {
			done++
			total = p.Total
			require.Equal(t, done, p.Done)
			for _, o := range p.Objects {
				seen[o] = append(seen[o], p.Slice)
			}
			return nil
		}})
	require.NoError(t, err)
	require.Equal(t, total, done)
	return seen
}

// TestSegmentVisitsEverySliceOnce checks which slices are processed, and in which order.
func TestSegmentVisitsEverySliceOnce(t *testing.T) {
	mask := func(slice, object int) slmsam.Prompt {
		return slmsam.Prompt{Slice: slice, Object: object, Mask: square(5, 15)}
	}
	for name, c := range map[string]struct {
		slices  int
		prompts []slmsam.Prompt
		opt     slmsam.Options
		want    map[int][]int
	}{
		"one outline, nearest slices first": {6, []slmsam.Prompt{mask(2, 1)}, slmsam.Options{}, map[int][]int{1: {2, 1, 3, 0, 4, 5}}},
		"two objects, outlined on different slices": {6, []slmsam.Prompt{mask(1, 1), mask(4, 2)}, slmsam.Options{},
			map[int][]int{1: {1, 2, 3, 4, 5, 0}, 2: {4, 5, 3, 2, 1, 0}}},
		"two outlines, each half of the gap from its own": {7, []slmsam.Prompt{mask(5, 1), mask(1, 1)}, slmsam.Options{Order: slmsam.Nearest},
			map[int][]int{1: {1, 5, 0, 2, 4, 6, 3}}},
		"two outlines, the gap from both sides": {7, []slmsam.Prompt{mask(5, 1), mask(1, 1)}, slmsam.Options{}, map[int][]int{1: {1, 5, 0, 6, 3, 2, 4}}},
		"two outlines, in the official order":   {6, []slmsam.Prompt{mask(4, 1), mask(1, 1)}, slmsam.Options{Order: slmsam.Official}, map[int][]int{1: {1, 4, 2, 3, 5, 0}}},
		"forward in a range": {9, []slmsam.Prompt{mask(3, 1)}, slmsam.Options{First: 2, End: 6, Direction: slmsam.Forward},
			map[int][]int{1: {3, 4, 5}}},
		"backward":       {6, []slmsam.Prompt{mask(3, 1)}, slmsam.Options{Direction: slmsam.Backward}, map[int][]int{1: {3, 2, 1, 0}}},
		"a single slice": {1, []slmsam.Prompt{mask(0, 1)}, slmsam.Options{}, map[int][]int{1: {0}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, visits(t, c.slices, c.prompts, c.opt)) })
	}
}

// TestMemorySettings checks that every memory setting runs, and that no two give the same scores.
func TestMemorySettings(t *testing.T) {
	seen := map[string]string{}
	for _, name := range []string{"M7", "R7", "R1", "M7+R7", "M7+R1"} {
		mem, err := slmsam.ParseMemory(name)
		require.NoError(t, err)
		require.Equal(t, name, mem.String())
		result := segment(t, slmsam.Request{Slices: ramp(6), Options: slmsam.Options{Memory: mem},
			Prompts: []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 15)}}})
		scores := fmt.Sprint(scoresOf(result.Objects[0]))
		require.NotContains(t, seen, scores, "%s gives the same scores as %s", name, seen[scores])
		seen[scores] = name
	}
}

// scoresOf returns the scores of an object's slices.
func scoresOf(o slmsam.Object) (scores []float32) {
	for _, f := range o.Slices {
		scores = append(scores, f.Score)
	}
	return scores
}

// TestPointsAndBoxes checks that boxes and clicks can start an object, refine a mask, and correct a tracked slice.
func TestPointsAndBoxes(t *testing.T) {
	box := []slmsam.Point{{X: 5, Y: 5, Label: slmsam.BoxTopLeft}, {X: 15, Y: 15, Label: slmsam.BoxBottomRight}}
	click := []slmsam.Point{{X: 10, Y: 10, Label: slmsam.Positive}}
	got := visits(t, 3, []slmsam.Prompt{{Slice: 1, Object: 1, Points: box}, {Slice: 1, Object: 2, Points: click}}, slmsam.Options{})
	require.Equal(t, map[int][]int{1: {1, 0, 2}, 2: {1, 0, 2}}, got)
	mask := slmsam.Prompt{Slice: 1, Object: 1, Mask: square(5, 15)}
	refined := mask
	refined.Points = click
	got = visits(t, 3, []slmsam.Prompt{refined}, slmsam.Options{})
	require.Equal(t, map[int][]int{1: {1, 0, 2}}, got, "a mask that a click refines")
	corrected := []slmsam.Prompt{mask, {Slice: 4, Object: 1, Points: click}}
	got = visits(t, 6, corrected, slmsam.Options{Order: slmsam.Nearest})
	require.Equal(t, map[int][]int{1: {1, 4, 0, 2, 3, 5}}, got, "a click on a tracked slice")

	scores := func(prompts ...slmsam.Prompt) []float32 {
		return scoresOf(segment(t, slmsam.Request{Slices: ramp(6), Prompts: prompts}).Objects[0])
	}
	plain := scores(mask)
	require.NotEqual(t, plain, scores(refined), "the click on the mask has an effect")
	require.NotEqual(t, plain, scores(corrected...), "the click on the tracked slice has an effect")
}

// TestObjectsTogether checks that objects tracked as one batch get the same scores as alone.
func TestObjectsTogether(t *testing.T) {
	prompts := []slmsam.Prompt{{Slice: 2, Object: 1, Mask: square(3, 10)}, {Slice: 2, Object: 2, Mask: square(14, 25)}}
	together := segment(t, slmsam.Request{Slices: ramp(5), Prompts: prompts})
	require.Len(t, together.Objects, 2)
	for i, p := range prompts {
		alone := segment(t, slmsam.Request{Slices: ramp(5), Prompts: []slmsam.Prompt{p}})
		require.InDeltaSlice(t, scoresOf(alone.Objects[0]), scoresOf(together.Objects[i]), 1e-4, "object %d", p.Object)
	}
}

// TestKnownSlices checks that a slice known to contain the object is never judged absent, and that tracking ends at a
// slice known not to contain it.
func TestKnownSlices(t *testing.T) {
	prompts := []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(3, 20)}}
	states := func(r slmsam.Request) map[int]slmsam.State {
		r.Slices, r.Prompts = ramp(6), prompts
		dev := cpu.New(0)
		defer dev.Close()
		m := newModel(t, dev)
		golden.AddScoreBias(t, m, -100) // the model itself always judges it absent
		result, err := m.Segment(t.Context(), r)
		require.NoError(t, err)
		out := map[int]slmsam.State{}
		for _, f := range result.Objects[0].Slices {
			out[f.Slice] = f.State
		}
		return out
	}
	free := states(slmsam.Request{})
	require.Equal(t, slmsam.StateAbsent, free[2])
	require.Len(t, free, 6)
	known := states(slmsam.Request{Present: map[int][]slmsam.Span{1: {{First: 2, End: 4}}}})
	require.Equal(t, map[int]slmsam.State{0: slmsam.StateAbsent, 1: slmsam.StateOutlined, 2: slmsam.StateTracked,
		3: slmsam.StateTracked, 4: slmsam.StateAbsent, 5: slmsam.StateAbsent}, known)
	ended := states(slmsam.Request{Absent: map[int][]slmsam.Span{0: {{First: 3, End: 4}}}})
	require.ElementsMatch(t, []int{0, 1, 2}, slices.Collect(maps.Keys(ended)))
}

// TestManyObjects segments more objects than fit in one batch.
func TestManyObjects(t *testing.T) {
	var prompts []slmsam.Prompt
	want := map[int][]int{}
	for o := 1; o <= 11; o++ {
		prompts = append(prompts, slmsam.Prompt{Slice: 1, Object: o, Mask: square(o, o+8)})
		want[o] = []int{1, 0, 2}
	}
	require.Equal(t, want, visits(t, 3, prompts, slmsam.Options{}))
}

// TestMemoryDoesNotGrowWithSlices checks that three times as many slices take no more device memory, because the banks
// forget what no later slice can use.
func TestMemoryDoesNotGrowWithSlices(t *testing.T) {
	peak := func(slices, outlined int) int64 {
		dev := cpu.New(1)
		defer dev.Close()
		m := newModel(t, dev)
		dev.ResetPeak()
		_, err := m.Segment(t.Context(), slmsam.Request{Slices: ramp(slices), Prompts: []slmsam.Prompt{
			{Slice: outlined, Object: 1, Mask: square(5, 10)}, {Slice: outlined, Object: 2, Mask: square(15, 20)}}})
		require.NoError(t, err)
		return dev.Memory().Peak
	}
	require.Equal(t, peak(100, 0), peak(300, 0), "forward")
	require.Equal(t, peak(100, 50), peak(300, 150), "in both directions")
}

// TestSegmentStops checks that an error of the progress function or a canceled context ends the work, and that nothing
// stays on the device.
func TestSegmentStops(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	r := slmsam.Request{Slices: ramp(5), Prompts: []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 15)}}}
	_, err := m.Segment(t.Context(), r) // creates the constants that the model caches
	require.NoError(t, err)
	live := dev.Memory().Live
	full := errors.New("disk full")
	r.Progress = func(slmsam.Progress) error { return full }
	_, err = m.Segment(t.Context(), r)
	require.ErrorIs(t, err, full)
	ctx, cancel := context.WithCancel(t.Context())
	r.Progress = func(slmsam.Progress) error { cancel(); return nil }
	_, err = m.Segment(ctx, r)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, live, dev.Memory().Live, "nothing is left on the device")
	m.Release()
	require.Zero(t, dev.Memory().Live, "not even the weights and what the model cached")
}

// TestMaskThatVanishes outlines a single pixel of a slice that is ten times as large as the model's.
func TestMaskThatVanishes(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	v := &volume.Volume{Dim: [3]int{640, 640, 3}, Data: make([]float32, 640*640*3)}
	mask := make([]bool, 640*640)
	mask[1000] = true
	_, err := newModel(t, dev).Segment(t.Context(), slmsam.Request{
		Slices:  slmsam.Slices{Volume: v, Axis: 2, Window: volume.Window{Lo: 0, Hi: 1}},
		Prompts: []slmsam.Prompt{{Object: 4, Mask: mask}}})
	require.ErrorContains(t, err, "object 4 on slice 0 is so small that it vanishes")
}

// TestBadPrompts checks that prompts and options that make no sense are refused, each with its reason.
func TestBadPrompts(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	good := square(5, 15)
	for name, c := range map[string]struct {
		prompts []slmsam.Prompt
		opt     slmsam.Options
		want    string
	}{
		"none":         {nil, slmsam.Options{}, "no prompt"},
		"empty":        {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: make([]bool, 600)}}, slmsam.Options{}, "is empty"},
		"wrong size":   {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: make([]bool, 7)}}, slmsam.Options{}, "7 pixels"},
		"out of range": {[]slmsam.Prompt{{Slice: 5, Object: 1, Mask: good}}, slmsam.Options{}, "outside the range"},
		"given twice":  {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: good}, {Slice: 0, Object: 1, Mask: good}}, slmsam.Options{}, "two prompts"},
		"no contents":  {[]slmsam.Prompt{{Object: 1}}, slmsam.Options{}, "neither a mask nor points"},
		"background":   {[]slmsam.Prompt{{Mask: good}}, slmsam.Options{}, "background"},
		"range":        {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: good}}, slmsam.Options{First: 3, End: 9}, "not a range"},
		"off":          {[]slmsam.Prompt{{Slice: 0, Object: 1, Points: []slmsam.Point{{X: 99, Y: 3, Label: slmsam.Positive}}}}, slmsam.Options{}, "not on slice 0"},
		"not a number": {[]slmsam.Prompt{{Slice: 0, Object: 1, Points: []slmsam.Point{{X: math.NaN(), Y: 3, Label: slmsam.Positive}}}}, slmsam.Options{}, "not on slice 0"},
		"one corner":   {[]slmsam.Prompt{{Slice: 0, Object: 1, Points: []slmsam.Point{{X: 3, Y: 3, Label: slmsam.BoxTopLeft}}}}, slmsam.Options{}, "two corners"},
		"box last": {[]slmsam.Prompt{{Slice: 0, Object: 1, Points: []slmsam.Point{{X: 9, Y: 9, Label: slmsam.Positive}, {X: 3, Y: 3, Label: slmsam.BoxTopLeft},
			{X: 12, Y: 12, Label: slmsam.BoxBottomRight}}}}, slmsam.Options{}, "two corners"},
		"memory": {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: good}}, slmsam.Options{Memory: slmsam.Memory{Long: 9}}, "reaches further"},
	} {
		_, err := m.Segment(t.Context(), slmsam.Request{Slices: ramp(5), Prompts: c.prompts, Options: c.opt})
		require.ErrorContains(t, err, c.want, name)
	}
}
