package train_test

import (
	"fmt"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// TestSweepsFollowAnObjectBeyondItsEnd draws clips that go to an object's end and half as far again.
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
		var first, last int
		_, err := fmt.Sscanf(clip.Name, "a, slices %d to %d", &first, &last)
		require.NoError(t, err)
		require.Len(t, clip.Frames, abs(last-first)+1, "it includes every slice")
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
		require.Greater(t, n, 30, "objects are drawn alike")
	}
}

// TestLongSweepsSkipSlices uses an object too long for the frames of a clip.
func TestLongSweepsSkipSlices(t *testing.T) {
	r := tinyRecipe(1)
	r.Augment, r.Sweeps, r.Frames, r.Stride = train.NoAugment(), 1, 4, 3
	s := train.NewSampler(train.Cases{discs("a", 20)}, r, 64)
	strides := map[int]int{}
	for n := range 60 {
		clip := clipAt(t, s, n)
		require.LessOrEqual(t, len(clip.Frames), 4)
		var first, last int
		_, err := fmt.Sscanf(clip.Name, "a, slices %d to %d", &first, &last)
		require.NoError(t, err)
		strides[abs(last-first)/(len(clip.Frames)-1)]++
	}
	for stride := 1; stride <= 3; stride++ {
		require.Positive(t, strides[stride], "stride %d", stride)
	}
}

// TestSweepsNeedFewSlices trains on a volume with fewer slices than a clip has frames.
func TestSweepsNeedFewSlices(t *testing.T) {
	r := tinyRecipe(1)
	r.Sweeps, r.Frames = 0.5, 40
	late := discs("a", 60) // whose only object is on slices that leave no 40 after or before them
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

// TestReachGoesThroughMoreThanItLearnsFrom checks that a prior alone tracks a long object slice by slice but learns
// from only a few slices, with the same predictions there as when it learns from all.
func TestReachGoesThroughMoreThanItLearnsFrom(t *testing.T) {
	r := priorRecipe(1, true)
	r.Augment, r.Sweeps, r.Frames, r.Reach, r.Stride, r.Teacher = train.NoAugment(), 1, 4, 40, 3, train.Teacher{FreeMasks: true}
	_, m := priorTrainer(t, t.TempDir(), r)
	sampler := func(r train.Recipe) *train.Sampler {
		return train.NewSampler(train.Cases{discs("a", 20)}, r, m.Config.ImageSize).For(m.Config)
	}
	s, longest := sampler(r), 0
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

	clip, dev := clipAt(t, s, 0), cpu.New(1)
	m = randomModel(t, dev, m.Config)
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

	short := priorRecipe(2, true)
	short.Sweeps, short.Frames, short.Reach = 1, 3, 12
	tr, learner := priorTrainer(t, t.TempDir(), short)
	before := weights(t, learner)["prior.refiner.mask.weight"]
	require.NoError(t, tr.Run(t.Context()))
	require.NotEqual(t, before, weights(t, learner)["prior.refiner.mask.weight"])

	r.Reach = -1
	require.ErrorContains(t, r.Validate(), "reach")
	r.Reach = 40
	alone := false
	r.PriorAlone = &alone
	_, m = priorTrainer(t, t.TempDir(), r)
	require.LessOrEqual(t, len(clipAt(t, sampler(r), 0).Frames), 4, "a memory is learned through time")
}
