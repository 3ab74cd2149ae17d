package slmsam_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// keeping returns a model whose features are cached.
func keeping(t *testing.T, b slmsam.FeatureBudget) *slmsam.Model {
	dev := cpu.New(0)
	m := newModel(t, dev)
	m.Weights = "of the test"
	m.Features = slmsam.NewFeatures(b)
	t.Cleanup(func() {
		require.NoError(t, m.Features.Close())
		dev.Close()
	})
	return m
}

func TestNoSliceIsEncodedTwice(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	plain := newModel(t, dev)
	r := fourObjects()
	want, err := plain.Segment(t.Context(), r)
	require.NoError(t, err)
	plain.Weights = "of the test"
	again := corrected(t, plain, r, want)
	wantAgain, err := plain.Segment(t.Context(), again)
	require.NoError(t, err)

	dir := t.TempDir()
	const slice = 4 << 10 // bytes; the test's model needs slightly more
	for name, c := range map[string]struct {
		budget  slmsam.FeatureBudget
		encoded int // 0: not checked
	}{
		"memory":          {slmsam.FeatureBudget{Memory: 1 << 30}, 40},
		"disk":            {slmsam.FeatureBudget{Disk: 1 << 30, Dir: dir}, 40},
		"both":            {slmsam.FeatureBudget{Memory: 1 << 20, Disk: 1 << 30, Dir: dir}, 40},
		"hardly any":      {slmsam.FeatureBudget{Memory: 1 << 20, Disk: 1 << 20, Dir: dir}, 0},
		"none":            {slmsam.FeatureBudget{}, 0},
		"nowhere on disk": {slmsam.FeatureBudget{Memory: slice, Disk: 1 << 30, Dir: filepath.Join(dir, "nowhere")}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := keeping(t, c.budget)
			for range 2 {
				got, err := m.Segment(t.Context(), r)
				require.NoError(t, err)
				require.Equal(t, want, got, "bit-identical")
				got, err = m.Segment(t.Context(), again)
				require.NoError(t, err)
				require.Equal(t, wantAgain.Labels, got.Labels)
			}
			u := m.Features.Usage()
			require.LessOrEqual(t, u.Memory, c.budget.Memory)
			require.LessOrEqual(t, u.Disk, c.budget.Disk)
			if c.encoded > 0 {
				require.Equal(t, c.encoded, u.Missing)
			}
			require.NoError(t, m.Features.Close())
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

func TestPassingFeaturesAreGoneAfterTheRun(t *testing.T) {
	m := keeping(t, slmsam.FeatureBudget{Memory: 1 << 30, Passing: true})
	var most int64
	r := slmsam.Request{Slices: ramp(12), Prompts: []slmsam.Prompt{{Slice: 2, Object: 1, Mask: square(5, 12)}, {Slice: 8, Object: 1, Mask: square(5, 12)}},
		Progress: func(slmsam.Progress) error { most = max(most, m.Features.Usage().Memory); return nil }}
	_, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	u := m.Features.Usage()
	require.Equal(t, 12, u.Missing, "every slice once")
	require.Equal(t, 5, u.Hits, "those between the outlines, from the other side")
	require.Zero(t, u.Memory)
	require.Positive(t, most)
}

func TestPreparedSlicesAreThereForSegment(t *testing.T) {
	m := keeping(t, slmsam.FeatureBudget{Memory: 1 << 30})
	r := slmsam.Request{Slices: ramp(6), Prompts: []slmsam.Prompt{{Slice: 2, Object: 1, Mask: square(5, 12)}}}
	require.NoError(t, m.Prepare(t.Context(), r.Slices, []int{2, 1, 3, 0, 4, 5}))
	require.NoError(t, m.Prepare(t.Context(), r.Slices, []int{0, 1}))
	require.Zero(t, m.Features.Usage().Missing+m.Features.Usage().Hits-6, "each was looked for once")
	before := m.Features.Usage().Missing
	_, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, before, m.Features.Usage().Missing)

	r.Slices.Window.Hi = 200
	_, err = m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, before+6, m.Features.Usage().Missing, "another window, other pixels")
	m.Weights = "others"
	_, err = m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, before+12, m.Features.Usage().Missing)

	small := keeping(t, slmsam.FeatureBudget{Memory: m.Features.Usage().Memory / 18 * 2})
	require.NoError(t, small.Prepare(t.Context(), r.Slices, []int{2, 1, 3, 0, 4, 5}))
	require.Equal(t, 2, small.Features.Usage().Missing, "no more than there is room for")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, small.Prepare(ctx, r.Slices, []int{5}), context.Canceled)
}

func TestTheEndOfTheContextStopsWithinASlice(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	r := slmsam.Request{Slices: ramp(6), Prompts: []slmsam.Prompt{{Slice: 2, Object: 1, Mask: square(5, 12)}}}
	want, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	live := dev.Memory().Live
	for _, at := range []string{"image_encoder", "short_attention", "long_attention", "fuser", "decoder"} {
		ctx, cancel := context.WithCancel(t.Context())
		last := ""
		m.Trace = func(_ *nn.Graph, stage string) {
			if last = stage; stage == at {
				cancel()
			}
		}
		_, err := m.Segment(ctx, r)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, at, last, "no other stage finishes")
		require.Equal(t, live, dev.Memory().Live, "nothing is left on the device")
	}
	m.Trace = nil
	got, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// TestWhereFeaturesAreKeptEveryObjectIsFoundNearestFirst includes objects that start from different slices.
func TestWhereFeaturesAreKeptEveryObjectIsFoundNearestFirst(t *testing.T) {
	r := slmsam.Request{Slices: ramp(8), Prompts: []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 12)}, {Slice: 6, Object: 2, Mask: square(15, 22)}}}
	dev := cpu.New(0)
	defer dev.Close()
	want, err := newModel(t, dev).Segment(t.Context(), r)
	require.NoError(t, err)
	m := keeping(t, slmsam.FeatureBudget{Memory: 1 << 30})
	seen := map[int][]int{}
	r.Progress = func(p slmsam.Progress) error {
		for _, o := range p.Objects {
			seen[o] = append(seen[o], p.Slice)
		}
		return nil
	}
	got, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, map[int][]int{1: {1, 0, 2, 3, 4, 5, 6, 7}, 2: {6, 5, 7, 4, 3, 2, 1, 0}}, seen)
	require.Equal(t, 8, m.Features.Usage().Missing, "every slice is encoded once")
}

// TestStoppingTakesAFractionOfASlice checks that work stopped in the middle of a slice does not finish the slice.
func TestStoppingTakesAFractionOfASlice(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	config := slmsam.Nano()
	config.ImageSize = 768
	m, err := slmsam.New(dev, config)
	require.NoError(t, err)
	require.NoError(t, m.Initialize(1))
	r := slmsam.Request{Slices: ramp(7), Prompts: []slmsam.Prompt{{Slice: 0, Object: 1, Mask: square(5, 12)}}}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var slice time.Duration
	last, stopped := time.Now(), time.Time{}
	r.Progress = func(p slmsam.Progress) error {
		slice, last = time.Since(last), time.Now()
		if p.Done == 5 {
			time.AfterFunc(slice/3, func() {
				stopped = time.Now()
				cancel()
			})
		}
		return nil
	}
	_, err = m.Segment(ctx, r)
	took := time.Since(stopped)
	require.ErrorIs(t, err, context.Canceled)
	t.Logf("a slice takes %v, stopping %v", slice, took)
	require.Less(t, took, slice/2)
}
