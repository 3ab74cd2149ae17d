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

// cachingModel returns a model that caches features within a budget.
func cachingModel(t *testing.T, b slmsam.FeatureBudget) *slmsam.Model {
	t.Helper()
	dev := cpu.New(0)
	m := newModel(t, dev)
	m.Weights = "test weights"
	m.Features = slmsam.NewFeatures(b)
	t.Cleanup(func() {
		require.NoError(t, m.Features.Close())
		dev.Close()
	})
	return m
}

// TestNoSliceIsEncodedTwice segments and corrects a volume twice with caches of different sizes. Each slice is encoded once
// where there is room for all, the results never depend on the cache, and no file stays behind.
func TestNoSliceIsEncodedTwice(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	plain := newModel(t, dev)
	r := fourObjects()
	want, err := plain.Segment(t.Context(), r)
	require.NoError(t, err)
	plain.Weights = "test weights"
	again := corrected(t, plain, r, want)
	wantAgain, err := plain.Segment(t.Context(), again)
	require.NoError(t, err)

	dir := t.TempDir()
	const slice = 4 << 10 // bytes of the features of a slice; a file has a few more
	for name, c := range map[string]struct {
		budget slmsam.FeatureBudget
		all    bool // there is room for all slices
	}{
		"memory":           {slmsam.FeatureBudget{Memory: 1 << 30}, true},
		"disk":             {slmsam.FeatureBudget{Disk: 1 << 30, Dir: dir}, true},
		"both":             {slmsam.FeatureBudget{Memory: 10 * slice, Disk: 1 << 30, Dir: dir}, true},
		"hardly any":       {slmsam.FeatureBudget{Memory: 3 * slice, Disk: 3 * slice, Dir: dir}, false},
		"none":             {slmsam.FeatureBudget{}, false},
		"folder not there": {slmsam.FeatureBudget{Memory: slice, Disk: 1 << 30, Dir: filepath.Join(dir, "nowhere")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := cachingModel(t, c.budget)
			for range 2 {
				got, err := m.Segment(t.Context(), r)
				require.NoError(t, err)
				require.Equal(t, want, got)
				got, err = m.Segment(t.Context(), again)
				require.NoError(t, err)
				require.Equal(t, wantAgain.Labels, got.Labels)
			}
			u := m.Features.Usage()
			require.LessOrEqual(t, u.Memory, c.budget.Memory)
			require.LessOrEqual(t, u.Disk, c.budget.Disk)
			if c.all {
				require.Equal(t, 40, u.Missing)
			} else {
				require.Greater(t, u.Missing, 40)
			}
			require.NoError(t, m.Features.Close())
			left, err := os.ReadDir(dir)
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// TestPassingFeaturesAreDropped checks that with Passing, features are cached only until the last visit to their slice.
func TestPassingFeaturesAreDropped(t *testing.T) {
	m := cachingModel(t, slmsam.FeatureBudget{Memory: 1 << 30, Passing: true})
	var most int64
	r := slmsam.Request{Slices: ramp(12), Prompts: []slmsam.Prompt{{Slice: 2, Object: 1, Mask: square(5, 12)}, {Slice: 8, Object: 1, Mask: square(5, 12)}},
		Progress: func(slmsam.Progress) error { most = max(most, m.Features.Usage().Memory); return nil }}
	_, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	u := m.Features.Usage()
	require.Equal(t, 12, u.Missing, "every slice once")
	require.Equal(t, 5, u.Hits, "the slices between the outlines, coming from the other side")
	require.Zero(t, u.Memory)
	require.Positive(t, most)
}

// TestPrepareFillsTheCache checks that Segment does not encode the slices that were prepared, unless the window or the
// weights have changed, and that Prepare stops when the cache is full or the context ends.
func TestPrepareFillsTheCache(t *testing.T) {
	m := cachingModel(t, slmsam.FeatureBudget{Memory: 1 << 30})
	r := slmsam.Request{Slices: ramp(6), Prompts: []slmsam.Prompt{{Slice: 2, Object: 1, Mask: square(5, 12)}}}
	require.NoError(t, m.Prepare(t.Context(), r.Slices, []int{2, 1, 3, 0, 4, 5}))
	require.NoError(t, m.Prepare(t.Context(), r.Slices, []int{0, 1}))
	before := m.Features.Usage()
	require.Equal(t, 6, before.Missing+before.Hits, "what is cached is not looked up again")
	_, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, before.Missing, m.Features.Usage().Missing)

	r.Slices.Window.Hi = 200
	_, err = m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, before.Missing+6, m.Features.Usage().Missing, "another window gives other pixels")
	m.Weights = "other weights"
	_, err = m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, before.Missing+12, m.Features.Usage().Missing)

	small := cachingModel(t, slmsam.FeatureBudget{Memory: m.Features.Usage().Memory / 18 * 2})
	require.NoError(t, small.Prepare(t.Context(), r.Slices, []int{2, 1, 3, 0, 4, 5}))
	require.Equal(t, 2, small.Features.Usage().Missing, "no more than there is room for")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, small.Prepare(ctx, r.Slices, []int{5}), context.Canceled)
}

// TestCancelingStopsWithinASlice cancels the context at each stage of the network: no further stage runs, nothing stays on
// the device, and the model can be used again.
func TestCancelingStopsWithinASlice(t *testing.T) {
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
		require.Equal(t, at, last, "the last stage that ran")
		require.Equal(t, live, dev.Memory().Live, "nothing is left on the device")
	}
	m.Trace = nil
	got, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// TestCachedFeaturesAllowNearestFirst checks that with a cache, each of two objects that are outlined on different slices is
// tracked on the slices nearest to its outline first. The result does not change.
func TestCachedFeaturesAllowNearestFirst(t *testing.T) {
	r := slmsam.Request{Slices: ramp(8), Prompts: []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 12)}, {Slice: 6, Object: 2, Mask: square(15, 22)}}}
	want := segment(t, r)
	m := cachingModel(t, slmsam.FeatureBudget{Memory: 1 << 30})
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

// TestStoppingTakesAFractionOfASlice measures that work canceled in the middle of a slice ends long before the slice would.
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
	require.False(t, stopped.IsZero(), "the work was not stopped where the test meant to")
	t.Logf("a slice takes %v, stopping %v", slice, took)
	require.Less(t, took, slice/2)
}
