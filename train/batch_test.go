package train_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
)

// mixedClips returns five clips with one or two objects each, prompted by masks, by one or two points, and by boxes. On some
// slices, the truth is remembered.
func mixedClips(t testing.TB) []*train.Clip {
	r := tinyRecipe(1)
	r.Prompts = train.Prompts{Mask: 1, Points: 1, Box: 1, MaxPoints: 2}
	r.Teacher = train.Teacher{TrueMasks: 0.5, TruePresence: true, FreeMasks: true}
	kinds, objects := map[int]bool{}, map[int]bool{}
	var out []*train.Clip
	for n := range 5 {
		r.MaxObjects = 1 + n%2
		c := clipAt(t, train.NewSampler(twoCases(), r, 64), n)
		points := 0
		if c.Frames[0].Points != nil {
			points = len(c.Frames[0].Points[0])
		}
		kinds[points], objects[len(c.Objects)] = true, true
		out = append(out, c)
	}
	require.Greater(t, len(kinds), 1, "kinds of prompts")
	require.Greater(t, len(objects), 1, "numbers of objects")
	return out
}

// gradientsOf returns the loss terms of every clip, and the gradients of the sum of their losses, by parameter.
func gradientsOf(t testing.TB, dev backend.Device, clips ...*train.Clip) ([]train.Terms, map[string][]float32) {
	m, g := freshModel(t, dev), nn.NewGraph(dev)
	m.Heads.Training = true
	for _, p := range m.Params.All() {
		p.Tensor.RequireGrad(!p.Buffer)
	}
	terms, err := train.Backward(g, m, train.Upload(g, clips...), pico().Memory, train.PaperWeights(), nil)
	require.NoError(t, err)
	out := map[string][]float32{}
	for _, p := range m.Params.All() {
		v, err := p.GetGrad()
		require.NoError(t, err)
		out[p.Name] = v
	}
	return terms, out
}

// TestClipsSideBySideAreTheClipsAlone checks that clips that run side by side have the same losses as one by one, and that
// their gradients add up.
func TestClipsSideBySideAreTheClipsAlone(t *testing.T) {
	const tolerance = 2e-4 // relative to a parameter's largest gradient; float32 sums in a different order
	dev := cpu.New(0)
	defer dev.Close()
	clips := mixedClips(t)
	together, gradients := gradientsOf(t, dev, clips...)
	sum := map[string][]float64{}
	for k, c := range clips {
		alone, of := gradientsOf(t, dev, c)
		for _, w := range []train.Weights{{Mask: 1}, {Dice: 1}, {IoU: 1}, {Class: 1}} {
			require.InEpsilon(t, alone[0].Total(w), together[k].Total(w), 1e-5, "clip %d, weights %+v", k, w)
		}
		for name, v := range of {
			if sum[name] == nil && v != nil { // nil: the clip does not use the parameter
				sum[name] = make([]float64, len(v))
			}
			for i, x := range v {
				sum[name][i] += float64(x)
			}
		}
	}
	for name, want := range sum {
		largest := 0.0
		for _, x := range want {
			largest = max(largest, math.Abs(x))
		}
		require.Len(t, gradients[name], len(want), name)
		for i, x := range want {
			require.InDelta(t, x, gradients[name][i], tolerance*largest+1e-7, "%s[%d]", name, i)
		}
	}
}

// TestTogetherOrInParts checks that how many clips are computed at once affects only the rounding.
func TestTogetherOrInParts(t *testing.T) {
	loss := map[int][]float64{}
	for _, together := range []int{1, 2, 4} {
		r := tinyRecipe(3)
		r.Batch, r.Together = 4, together
		dir := t.TempDir()
		tr, _ := newTrainer(t, dir, r, nil)
		run(t, tr)
		loss[together] = losses(t, dir)
	}
	require.Len(t, loss[1], 3)
	require.InDeltaSlice(t, loss[1], loss[2], 1e-3)
	require.InDeltaSlice(t, loss[1], loss[4], 1e-3)
}
