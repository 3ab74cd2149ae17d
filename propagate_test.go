package slmsam_test

import (
	"context"
	"errors"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/hiera"
	"github.com/seed-6f79f512/slmsam/memattn"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// smallest is a model just large enough to have every part.
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
	require.NoError(t, m.Initialise(3))
	return m
}

// ramp is a volume of n slices of 20 x 30 pixels.
type ramp int

func (n ramp) Len() int         { return int(n) }
func (n ramp) Size() (h, w int) { return 20, 30 }
func (n ramp) Gray(i int) []uint8 {
	out := make([]uint8, 20*30)
	for p := range out {
		out[p] = uint8(7*i + p)
	}
	return out
}

// square is a mask of 20 x 30 pixels.
func square(x0, x1 int) []bool {
	mask := make([]bool, 20*30)
	for p := range mask {
		mask[p] = p%30 >= x0 && p%30 < x1 && p/30 > 4 && p/30 < 15
	}
	return mask
}

// visits runs Propagate and returns the slices seen per object, in order.
func visits(t *testing.T, n int, prompts []slmsam.Prompt, opt slmsam.Options) map[int][]int {
	t.Helper()
	dev := cpu.New(0)
	defer dev.Close()
	seen := map[int][]int{}
	done := 0
	err := newModel(t, dev).Propagate(context.Background(), nn.NewGraph(dev), ramp(n), prompts, opt, func(r slmsam.SliceResult) error {
		done++
		require.Equal(t, done, r.Done)
		require.LessOrEqual(t, r.Done, r.Total)
		for _, o := range r.Objects {
			require.Len(t, o.Logits, 20*30)
			seen[o.Object] = append(seen[o.Object], r.Slice)
		}
		if r.Done == r.Total {
			done = r.Total
		}
		return nil
	})
	require.NoError(t, err)
	return seen
}

func TestPropagateVisitsEverySliceOnce(t *testing.T) {
	mask := func(slice, object int) slmsam.Prompt {
		return slmsam.Prompt{Slice: slice, Object: object, Mask: square(5, 15)}
	}
	t.Run("one prompt", func(t *testing.T) {
		require.Equal(t, map[int][]int{1: {2, 3, 4, 5, 1, 0}}, visits(t, 6, []slmsam.Prompt{mask(2, 1)}, slmsam.Options{}))
	})
	t.Run("objects with prompts of their own", func(t *testing.T) {
		got := visits(t, 6, []slmsam.Prompt{mask(1, 1), mask(4, 2)}, slmsam.Options{})
		require.Equal(t, map[int][]int{1: {1, 2, 3, 4, 5, 0}, 2: {4, 5, 3, 2, 1, 0}}, got)
	})
	t.Run("two prompts of one object", func(t *testing.T) {
		got := visits(t, 6, []slmsam.Prompt{mask(4, 1), mask(1, 1)}, slmsam.Options{})
		require.Equal(t, map[int][]int{1: {1, 2, 3, 4, 5, 0}}, got)
	})
	t.Run("forward in a range", func(t *testing.T) {
		got := visits(t, 9, []slmsam.Prompt{mask(3, 1)}, slmsam.Options{First: 2, End: 6, Direction: slmsam.Forward})
		require.Equal(t, map[int][]int{1: {3, 4, 5}}, got)
	})
	t.Run("backward", func(t *testing.T) {
		got := visits(t, 6, []slmsam.Prompt{mask(3, 1), mask(1, 1)}, slmsam.Options{Direction: slmsam.Backward})
		require.Equal(t, map[int][]int{1: {3, 2, 1, 0}}, got)
	})
	t.Run("a single slice", func(t *testing.T) {
		require.Equal(t, map[int][]int{1: {0}}, visits(t, 1, []slmsam.Prompt{mask(0, 1)}, slmsam.Options{}))
	})
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
	box := []decoder.Point{{X: 5, Y: 5, Label: decoder.BoxTopLeft}, {X: 15, Y: 15, Label: decoder.BoxBottomRight}}
	click := []decoder.Point{{X: 10, Y: 10, Label: decoder.Positive}}
	got := visits(t, 3, []slmsam.Prompt{{Slice: 1, Object: 1, Points: box}, {Slice: 1, Object: 2, Points: click}}, slmsam.Options{})
	require.Equal(t, map[int][]int{1: {1, 2, 0}, 2: {1, 2, 0}}, got)
}

// TestObjectsTogether checks that objects tracked as one batch get the masks that each gets alone.
func TestObjectsTogether(t *testing.T) {
	run := func(prompts ...slmsam.Prompt) map[[2]int]slmsam.ObjectResult {
		dev := cpu.New(0)
		defer dev.Close()
		out := map[[2]int]slmsam.ObjectResult{}
		err := newModel(t, dev).Propagate(context.Background(), nn.NewGraph(dev), ramp(5), prompts, slmsam.Options{}, func(r slmsam.SliceResult) error {
			for _, o := range r.Objects {
				out[[2]int{r.Slice, o.Object}] = o
			}
			return nil
		})
		require.NoError(t, err)
		return out
	}
	a := slmsam.Prompt{Slice: 2, Object: 1, Mask: square(3, 10)}
	b := slmsam.Prompt{Slice: 2, Object: 2, Mask: square(14, 25)}
	together, alone := run(a, b), run(a)
	for key, want := range alone {
		got := together[key]
		require.InDelta(t, want.Score, got.Score, 1e-4)
		require.InDeltaSlice(t, want.Logits, got.Logits, 1e-3)
	}
	require.Len(t, together, 10)
}

// TestManyObjects takes more objects than fit one batch.
func TestManyObjects(t *testing.T) {
	var prompts []slmsam.Prompt
	want := map[int][]int{}
	for o := 1; o <= 11; o++ {
		prompts = append(prompts, slmsam.Prompt{Slice: 1, Object: o, Mask: square(o, o+8)})
		want[o] = []int{1, 2, 0}
	}
	require.Equal(t, want, visits(t, 3, prompts, slmsam.Options{}))
}

// TestMemoryDoesNotGrow propagates through volumes of different length and compares the peak.
func TestMemoryDoesNotGrow(t *testing.T) {
	peak := func(n int) int64 {
		dev := cpu.New(0)
		defer dev.Close()
		m := newModel(t, dev)
		err := m.Propagate(context.Background(), nn.NewGraph(dev), ramp(n), []slmsam.Prompt{{Slice: n / 2, Object: 1, Mask: square(5, 15)}},
			slmsam.Options{}, func(slmsam.SliceResult) error { return nil })
		require.NoError(t, err)
		return dev.Memory().Peak
	}
	long, short := peak(500), peak(50)
	require.LessOrEqual(t, float64(long), 1.05*float64(short), "500 slices against 50")
}

func TestPropagateStops(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m, g := newModel(t, dev), nn.NewGraph(dev)
	prompt := []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 15)}}
	full := errors.New("disk full")
	err := m.Propagate(context.Background(), g, ramp(5), prompt, slmsam.Options{}, func(slmsam.SliceResult) error { return full })
	require.ErrorIs(t, err, full)
	ctx, cancel := context.WithCancel(context.Background())
	err = m.Propagate(ctx, g, ramp(5), prompt, slmsam.Options{}, func(slmsam.SliceResult) error { cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)
}

// bigSlices is a volume whose slices are far larger than the model's input.
type bigSlices struct{ ramp }

func (bigSlices) Size() (h, w int)   { return 640, 640 }
func (bigSlices) Gray(i int) []uint8 { return make([]uint8, 640*640) }

func TestMaskThatVanishes(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	mask := make([]bool, 640*640)
	mask[1000] = true
	err := newModel(t, dev).Propagate(context.Background(), nn.NewGraph(dev), bigSlices{3}, []slmsam.Prompt{{Object: 4, Mask: mask}},
		slmsam.Options{}, func(slmsam.SliceResult) error { return nil })
	require.ErrorContains(t, err, "object 4 is so small that it vanishes")
}

func TestBadPrompts(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m, g := newModel(t, dev), nn.NewGraph(dev)
	good := square(5, 15)
	for name, c := range map[string]struct {
		prompts []slmsam.Prompt
		opt     slmsam.Options
		want    string
	}{
		"none":          {nil, slmsam.Options{}, "no prompt"},
		"empty":         {[]slmsam.Prompt{{Slice: 0, Mask: make([]bool, 600)}}, slmsam.Options{}, "is empty"},
		"wrong size":    {[]slmsam.Prompt{{Slice: 0, Mask: make([]bool, 7)}}, slmsam.Options{}, "7 pixels"},
		"out of range":  {[]slmsam.Prompt{{Slice: 5, Mask: good}}, slmsam.Options{}, "outside the range"},
		"twice":         {[]slmsam.Prompt{{Slice: 0, Mask: good}, {Slice: 0, Mask: good}}, slmsam.Options{}, "two prompts"},
		"nothing in it": {[]slmsam.Prompt{{Slice: 0}}, slmsam.Options{}, "either a mask or points"},
		"range":         {[]slmsam.Prompt{{Slice: 0, Mask: good}}, slmsam.Options{First: 3, End: 9}, "not a range"},
		"memory":        {[]slmsam.Prompt{{Slice: 0, Mask: good}}, slmsam.Options{Memory: slmsam.Memory{Long: 9}}, "reaches further"},
	} {
		err := m.Propagate(context.Background(), g, ramp(5), c.prompts, c.opt, func(slmsam.SliceResult) error { return nil })
		require.ErrorContains(t, err, c.want, name)
	}
}
