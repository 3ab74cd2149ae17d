package slmsam_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/internal/golden"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// smallest is the smallest model that has every part.
func smallest() slmsam.Config {
	return slmsam.Config{ImageSize: 64, FuserBlocks: 1, Frames: 7, Memory: slmsam.ShortLong,
		Trunk: hiera.Config{EmbedDim: 8, Heads: 1, Stages: [4]int{1, 1, 1, 1}, GlobalBlocks: []int{2},
			Windows: [4]int{8, 4, 4, 2}, Background: [2]int{4, 4}},
		Attention: memattn.Config{Width: 16, MemoryWidth: 8, Layers: 1, FeedForward: 16, Theta: 10000}}
}

func newModel(t *testing.T, dev backend.Device) *slmsam.Model {
	t.Helper()
	m, err := slmsam.New(dev, smallest())
	require.NoError(t, err)
	require.NoError(t, m.Initialize(3))
	return m
}

// ramp is a volume of n slices of 20 x 30 pixels.
func ramp(n int) slmsam.Slices {
	v := &volume.Volume{Dim: [3]int{30, 20, n}}
	for i := range n {
		for p := range 20 * 30 {
			v.Data = append(v.Data, float32(uint8(7*i+p)))
		}
	}
	v.Geom = volume.NewGeometry(v.Dim, [3]float64{1, 1, 3})
	return slmsam.Slices{Volume: v, Axis: 2, Window: volume.Window{Lo: 0, Hi: 255}}
}

// square is a mask of 20 x 30 pixels.
func square(x0, x1 int) []bool {
	mask := make([]bool, 20*30)
	for p := range mask {
		mask[p] = p%30 >= x0 && p%30 < x1 && p/30 > 4 && p/30 < 15
	}
	return mask
}

// visits runs Segment and returns the slices seen per object, in order.
func visits(t *testing.T, n int, prompts []slmsam.Prompt, opt slmsam.Options) map[int][]int {
	t.Helper()
	dev := cpu.New(0)
	defer dev.Close()
	seen := map[int][]int{}
	done := 0
	_, err := newModel(t, dev).Segment(context.Background(), slmsam.Request{Slices: ramp(n), Prompts: prompts, Options: opt,
		Progress: func(p slmsam.Progress) error {
			done++
			require.Equal(t, done, p.Done)
			require.LessOrEqual(t, p.Done, p.Total)
			for _, o := range p.Objects {
				seen[o] = append(seen[o], p.Slice)
			}
			if p.Done == p.Total {
				done = -1
			}
			return nil
		}})
	require.NoError(t, err)
	require.Equal(t, -1, done, "the total is reached")
	return seen
}

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
		"objects with outlines of their own": {6, []slmsam.Prompt{mask(1, 1), mask(4, 2)}, slmsam.Options{},
			map[int][]int{1: {1, 2, 3, 4, 5, 0}, 2: {4, 5, 3, 2, 1, 0}}},
		"two outlines, each half from its own": {7, []slmsam.Prompt{mask(5, 1), mask(1, 1)}, slmsam.Options{Order: slmsam.Nearest},
			map[int][]int{1: {1, 5, 0, 2, 4, 6, 3}}},
		"two outlines, from both sides":       {7, []slmsam.Prompt{mask(5, 1), mask(1, 1)}, slmsam.Options{}, map[int][]int{1: {1, 5, 0, 6, 3, 2, 4}}},
		"two outlines, in the official order": {6, []slmsam.Prompt{mask(4, 1), mask(1, 1)}, slmsam.Options{Order: slmsam.Official}, map[int][]int{1: {1, 4, 2, 3, 5, 0}}},
		"forward in a range": {9, []slmsam.Prompt{mask(3, 1)}, slmsam.Options{First: 2, End: 6, Direction: slmsam.Forward},
			map[int][]int{1: {3, 4, 5}}},
		"backward":       {6, []slmsam.Prompt{mask(3, 1)}, slmsam.Options{Direction: slmsam.Backward}, map[int][]int{1: {3, 2, 1, 0}}},
		"a single slice": {1, []slmsam.Prompt{mask(0, 1)}, slmsam.Options{}, map[int][]int{1: {0}}},
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, visits(t, c.slices, c.prompts, c.opt)) })
	}
}

func TestEveryMemorySettingRuns(t *testing.T) {
	for _, name := range []string{"M7", "R7", "R1", "M7+R7", "M7+R1"} {
		mem, err := slmsam.ParseMemory(name)
		require.NoError(t, err)
		require.Equal(t, name, mem.String())
		got := visits(t, 4, []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 15)}}, slmsam.Options{Memory: mem})
		require.Len(t, got[1], 4, name)
	}
}

func TestPointsAndBoxes(t *testing.T) {
	box := []slmsam.Point{{X: 5, Y: 5, Label: slmsam.BoxTopLeft}, {X: 15, Y: 15, Label: slmsam.BoxBottomRight}}
	click := []slmsam.Point{{X: 10, Y: 10, Label: slmsam.Positive}}
	got := visits(t, 3, []slmsam.Prompt{{Slice: 1, Object: 1, Points: box}, {Slice: 1, Object: 2, Points: click}}, slmsam.Options{})
	require.Equal(t, map[int][]int{1: {1, 0, 2}, 2: {1, 0, 2}}, got)
	got = visits(t, 3, []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 15), Points: click}}, slmsam.Options{})
	require.Equal(t, map[int][]int{1: {1, 0, 2}}, got, "a mask that a click refines")
	got = visits(t, 6, []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 15)}, {Slice: 4, Object: 1, Points: click}}, slmsam.Options{Order: slmsam.Nearest})
	require.Equal(t, map[int][]int{1: {1, 4, 0, 2, 3, 5}}, got, "a click on a tracked slice")
}

// segment runs a request on a fresh small model.
func segment(t *testing.T, r slmsam.Request) *slmsam.Result {
	t.Helper()
	dev := cpu.New(0)
	defer dev.Close()
	result, err := newModel(t, dev).Segment(context.Background(), r)
	require.NoError(t, err)
	return result
}

// TestObjectsTogether checks that objects tracked as one batch get the same scores as alone.
func TestObjectsTogether(t *testing.T) {
	a := slmsam.Prompt{Slice: 2, Object: 1, Mask: square(3, 10)}
	b := slmsam.Prompt{Slice: 2, Object: 2, Mask: square(14, 25)}
	together := segment(t, slmsam.Request{Slices: ramp(5), Prompts: []slmsam.Prompt{a, b}})
	alone := segment(t, slmsam.Request{Slices: ramp(5), Prompts: []slmsam.Prompt{a}})
	require.Len(t, together.Objects, 2)
	for i, want := range alone.Objects[0].Slices {
		got := together.Objects[0].Slices[i]
		require.Equal(t, want.Slice, got.Slice)
		require.InDelta(t, want.Score, got.Score, 1e-4)
	}
}

// TestPresenceThatIsKnown checks that a slice known to contain the object is never judged absent, and that tracking
// ends where the object is known to be gone.
func TestPresenceThatIsKnown(t *testing.T) {
	prompts := []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(3, 20)}}
	states := func(r slmsam.Request) map[int]slmsam.State {
		r.Slices, r.Prompts = ramp(6), prompts
		dev := cpu.New(0)
		defer dev.Close()
		m := newModel(t, dev)
		golden.AddScoreBias(t, m, -100) // always absent
		result, err := m.Segment(context.Background(), r)
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
	ended := states(slmsam.Request{Absent: map[int][]slmsam.Span{0: {{First: 3, End: 4}}}})
	require.NotContains(t, ended, 3)
	require.NotContains(t, ended, 5, "tracking ends")
	require.Contains(t, ended, 2)
}

// TestManyObjects uses more objects than fit in one batch.
func TestManyObjects(t *testing.T) {
	var prompts []slmsam.Prompt
	want := map[int][]int{}
	for o := 1; o <= 11; o++ {
		prompts = append(prompts, slmsam.Prompt{Slice: 1, Object: o, Mask: square(o, o+8)})
		want[o] = []int{1, 0, 2}
	}
	require.Equal(t, want, visits(t, 3, prompts, slmsam.Options{}))
}

// TestMemoryDoesNotGrow propagates through volumes of different lengths and compares peak memory.
func TestMemoryDoesNotGrow(t *testing.T) {
	peak := func(n int) int64 {
		dev := cpu.New(0)
		defer dev.Close()
		_, err := newModel(t, dev).Segment(context.Background(), slmsam.Request{Slices: ramp(n),
			Prompts: []slmsam.Prompt{{Slice: n / 2, Object: 1, Mask: square(5, 15)}}})
		require.NoError(t, err)
		return dev.Memory().Peak
	}
	long, short := peak(500), peak(50)
	require.LessOrEqual(t, float64(long), 1.05*float64(short), "500 slices against 50")
}

func TestSegmentStops(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	r := slmsam.Request{Slices: ramp(5), Prompts: []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 15)}}}
	_, err := m.Segment(context.Background(), r) // creates the constants that the model caches
	require.NoError(t, err)
	live := dev.Memory().Live
	full := errors.New("disk full")
	r.Progress = func(slmsam.Progress) error { return full }
	_, err = m.Segment(context.Background(), r)
	require.ErrorIs(t, err, full)
	ctx, cancel := context.WithCancel(context.Background())
	r.Progress = func(slmsam.Progress) error { cancel(); return nil }
	_, err = m.Segment(ctx, r)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, live, dev.Memory().Live, "nothing is left on the device")
	m.Release()
	require.Zero(t, dev.Memory().Live, "not even what the model cached")
}

func TestMaskThatVanishes(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	v := &volume.Volume{Dim: [3]int{640, 640, 3}, Data: make([]float32, 640*640*3)}
	mask := make([]bool, 640*640)
	mask[1000] = true
	_, err := newModel(t, dev).Segment(context.Background(), slmsam.Request{
		Slices:  slmsam.Slices{Volume: v, Axis: 2, Window: volume.Window{Lo: 0, Hi: 1}},
		Prompts: []slmsam.Prompt{{Object: 4, Mask: mask}}})
	require.ErrorContains(t, err, "object 4 on slice 0 is so small that it vanishes")
}

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
		"none":          {nil, slmsam.Options{}, "no prompt"},
		"empty":         {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: make([]bool, 600)}}, slmsam.Options{}, "is empty"},
		"wrong size":    {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: make([]bool, 7)}}, slmsam.Options{}, "7 pixels"},
		"out of range":  {[]slmsam.Prompt{{Slice: 5, Object: 1, Mask: good}}, slmsam.Options{}, "outside the range"},
		"twice":         {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: good}, {Slice: 0, Object: 1, Mask: good}}, slmsam.Options{}, "two prompts"},
		"nothing in it": {[]slmsam.Prompt{{Object: 1}}, slmsam.Options{}, "neither a mask nor points"},
		"background":    {[]slmsam.Prompt{{Mask: good}}, slmsam.Options{}, "background"},
		"range":         {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: good}}, slmsam.Options{First: 3, End: 9}, "not a range"},
		"memory":        {[]slmsam.Prompt{{Slice: 0, Object: 1, Mask: good}}, slmsam.Options{Memory: slmsam.Memory{Long: 9}}, "reaches further"},
	} {
		_, err := m.Segment(context.Background(), slmsam.Request{Slices: ramp(5), Prompts: c.prompts, Options: c.opt})
		require.ErrorContains(t, err, c.want, name)
	}
}
