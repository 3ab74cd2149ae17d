package train_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestSweepsFollowAnObjectBeyondItsEnd draws clips that go to an object's end and half as far again, and include every slice.
func TestSweepsFollowAnObjectBeyondItsEnd(t *testing.T) {
	r := tinyRecipe(1)
	r.Augment, r.Sweeps, r.Frames = train.NoAugment(), 1, 24
	c := discs("a", 20) // object 5 starts on slice 3; the other is on all slices
	s := train.NewSampler(train.Cases{c}, r, 64)
	objects, ended := map[int32]int{}, 0
	for n := range 100 {
		clip := clipAt(t, s, n)
		require.Len(t, clip.Objects, 1)
		objects[clip.Objects[0]]++
		first, last := endsOf(t, clip)
		require.Len(t, clip.Frames, abs(last-first)+1)
		require.False(t, clip.Frames[0].Empty[0])
		beyond := 0
		for _, f := range clip.Frames {
			if f.Empty[0] {
				beyond++
			}
		}
		if clip.Objects[0] == 5 && last < first {
			ended++
			require.Equal(t, min(3, max(2, (first-3)/2)), beyond, clip.Name)
		} else {
			require.Zero(t, beyond)
		}
	}
	require.Greater(t, ended, 10)
	for _, n := range objects {
		require.Greater(t, n, 30, "both objects are drawn about equally often")
	}
}

// TestLongSweepsSkipSlices checks that slices are skipped where an object is too long for the frames of a clip.
func TestLongSweepsSkipSlices(t *testing.T) {
	r := tinyRecipe(1)
	r.Augment, r.Sweeps, r.Frames, r.Stride = train.NoAugment(), 1, 4, 3
	s := train.NewSampler(train.Cases{discs("a", 20)}, r, 64)
	strides := map[int]int{}
	for n := range 60 {
		clip := clipAt(t, s, n)
		require.LessOrEqual(t, len(clip.Frames), 4)
		first, last := endsOf(t, clip)
		strides[abs(last-first)/(len(clip.Frames)-1)]++
	}
	for stride := 1; stride <= 3; stride++ {
		require.Positive(t, strides[stride], "stride %d", stride)
	}
}

// TestSweepsNeedFewSlices draws clips from volumes in which a clip of all frames does not fit.
func TestSweepsNeedFewSlices(t *testing.T) {
	r := tinyRecipe(1)
	r.Sweeps, r.Frames = 0.5, 40
	late := discs("a", 60) // its only object is on slices with fewer than 40 before and after them
	late.Objects = late.Objects[:1]
	for z := range late.Labels {
		for p, l := range late.Labels[z] {
			if l != 1 || z < 25 || z > 35 {
				late.Labels[z][p] = 0
			}
		}
	}
	for _, c := range []*train.Case{discs("b", 12), late} {
		s := train.NewSampler(train.Cases{c}, r, 64)
		for n := range 10 {
			require.Less(t, len(clipAt(t, s, n).Frames), 40)
		}
	}
}

// reachRecipe returns a recipe whose clips go through up to 40 slices and learn from 4 of them, if the model is a prior alone.
func reachRecipe(alone bool) train.Recipe {
	r := priorRecipe(1, alone)
	r.Augment, r.Sweeps, r.Frames, r.Reach, r.Stride, r.Teacher = train.NoAugment(), 1, 4, 40, 3, train.Teacher{FreeMasks: true}
	return r
}

// reachSampler returns a sampler of such clips, and the configuration of the model that they are for.
func reachSampler(alone bool) (*train.Sampler, slmsam.Config) {
	c := pico()
	c.Prior, c.PriorAlone = true, alone
	return train.NewSampler(train.Cases{discs("a", 20)}, reachRecipe(alone), c.ImageSize).For(c), c
}

// TestReachGoesThroughMoreThanItLearnsFrom checks that clips for a prior alone follow a long object slice by slice but mark
// only a few slices to learn from.
func TestReachGoesThroughMoreThanItLearnsFrom(t *testing.T) {
	s, _ := reachSampler(true)
	longest := 0
	for n := range 20 {
		clip := clipAt(t, s, n)
		learned := 0
		for _, f := range clip.Frames {
			if !f.Passed {
				learned++
			}
		}
		require.False(t, clip.Frames[0].Passed)
		require.Equal(t, min(4, len(clip.Frames)), learned)
		longest = max(longest, len(clip.Frames))
	}
	require.Greater(t, longest, 8)
	s, _ = reachSampler(false)
	require.LessOrEqual(t, len(clipAt(t, s, 0).Frames), 4, "a model with a memory learns from every slice of a clip")
}

// TestPassedSlicesDoNotChangeThePredictions checks that the slices learned from get the same logits whether the slices between
// them are passed or learned from as well.
func TestPassedSlicesDoNotChangeThePredictions(t *testing.T) {
	s, config := reachSampler(true)
	r, clip, dev := reachRecipe(true), clipAt(t, s, 0), cpu.New(1)
	m := randomModel(t, dev, config)
	logits := func() map[int][]float32 {
		out := map[int][]float32{}
		g := nn.NewGraph(dev)
		_, err := train.Evaluate(g, m, train.Upload(g, clip), r.Memory, r.Weights, func(i int, o slmsam.ClipOutput, _ []train.Terms) error {
			var err error
			out[i], err = g.Read(o.Logits)
			return err
		})
		require.NoError(t, err)
		return out
	}
	some := logits()
	for i := range clip.Frames {
		clip.Frames[i].Passed = false
	}
	all := logits()
	require.Len(t, all, len(clip.Frames)-1)
	require.Len(t, some, min(4, len(clip.Frames))-1)
	for i := range some {
		require.Equal(t, all[i], some[i], "frame %d", i)
	}
}

// TestReachLearns checks that a run with a reach changes the refiner, and that a negative reach is refused.
func TestReachLearns(t *testing.T) {
	r := priorRecipe(2, true)
	r.Sweeps, r.Frames, r.Reach = 1, 3, 12
	tr, m := priorTrainer(t, t.TempDir(), r, nil)
	before := weights(t, m)["prior.refiner.mask.weight"]
	run(t, tr)
	require.NotEqual(t, before, weights(t, m)["prior.refiner.mask.weight"])
	r.Reach = -1
	require.ErrorContains(t, r.Validate(), "reach")
}
