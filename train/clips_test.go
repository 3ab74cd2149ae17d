package train_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/decoder"
	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// clipAt draws the n-th clip.
func clipAt(t testing.TB, s *train.Sampler, n int) *train.Clip {
	t.Helper()
	c, err := s.Clip(n)
	require.NoError(t, err)
	return c
}

// endsOf returns a clip's first and last slice, from its name.
func endsOf(t testing.TB, c *train.Clip) (first, last int) {
	t.Helper()
	_, ends, found := strings.Cut(c.Name, "slices ")
	require.True(t, found, c.Name)
	_, err := fmt.Sscanf(ends, "%d to %d", &first, &last)
	require.NoError(t, err, c.Name)
	return first, last
}

// TestClipsDependOnSeedAndNumberOnly draws the same clips in another order from another sampler.
func TestClipsDependOnSeedAndNumberOnly(t *testing.T) {
	r := tinyRecipe(1)
	r.Prompts = train.Prompts{Mask: 1, Points: 1, Box: 1, MaxPoints: 3}
	a, b := train.NewSampler(twoCases(), r, 64), train.NewSampler(twoCases(), r, 64)
	var first []*train.Clip
	for n := range 20 {
		first = append(first, clipAt(t, a, n))
	}
	for n := 19; n >= 0; n-- {
		require.Equal(t, first[n], clipAt(t, b, n))
	}
	r.Seed++
	require.NotEqual(t, first[0], clipAt(t, train.NewSampler(twoCases(), r, 64), 0))
}

// TestClipsAreConsecutiveSlices finds the frames of unaugmented clips in their volume: consecutive slices, in either
// direction, with their masks.
func TestClipsAreConsecutiveSlices(t *testing.T) {
	r := tinyRecipe(1)
	r.Augment = train.NoAugment()
	c := discs("a", 9)
	s := train.NewSampler(train.Cases{c}, r, 64)
	steps := map[int]int{}
	for n := range 60 {
		clip := clipAt(t, s, n)
		require.Len(t, clip.Frames, 3)
		at := func(f train.Frame) int {
			return slices.IndexFunc(c.Images, func(pix []uint8) bool {
				return slices.Equal(volume.ResizePIL(pix, c.H, c.W, 64, 64, volume.Bilinear), f.Gray)
			})
		}
		first := at(clip.Frames[0])
		step := at(clip.Frames[1]) - first
		require.Contains(t, []int{-1, 1}, step)
		require.Equal(t, first+2*step, at(clip.Frames[2]))
		steps[step]++
		for i, o := range clip.Objects {
			require.False(t, clip.Frames[0].Empty[i])
			object := slices.Index(c.Objects, o)
			for k, f := range clip.Frames {
				want := volume.ResizeMask(c.Mask(first+k*step, object), c.H, c.W, 64)
				require.Equal(t, want, f.Masks[i*64*64:(i+1)*64*64])
				require.Equal(t, !slices.Contains(want, true), f.Empty[i])
			}
		}
	}
	require.Greater(t, steps[-1], 15)
	require.Greater(t, steps[1], 15)
}

// TestVolumesComeInTurn checks that every volume is used once in each epoch.
func TestVolumesComeInTurn(t *testing.T) {
	r := tinyRecipe(1)
	s := train.NewSampler(train.Cases{discs("a", 9), discs("b", 9), discs("c", 9)}, r, 64)
	for epoch := range 5 {
		seen := map[string]bool{}
		for i := range 3 {
			seen[clipAt(t, s, 3*epoch+i).Name[:1]] = true
		}
		require.Len(t, seen, 3)
	}
}

// weighted is a source of two cases, of which the second is used nine times as often.
type weighted struct{ train.Cases }

func (weighted) Weight(i int) float64 { return []float64{1, 9}[i] }

// TestVolumesByWeight checks that volumes are used in proportion to their weights.
func TestVolumesByWeight(t *testing.T) {
	s := train.NewSampler(weighted{twoCases()}, tinyRecipe(1), 64)
	b := 0
	for n := range 100 {
		if clipAt(t, s, n).Name[:1] == "b" {
			b++
		}
	}
	require.InDelta(t, 90, b, 10)
}

// TestPointsAndBoxes checks that prompts are drawn where they belong: positive points on the object, negative ones off it, and
// corners in order.
func TestPointsAndBoxes(t *testing.T) {
	r := tinyRecipe(1)
	r.Prompts = train.Prompts{Points: 1, Box: 1, MaxPoints: 3}
	s := train.NewSampler(twoCases(), r, 64)
	boxes, negatives := 0, 0
	for n := range 40 {
		clip := clipAt(t, s, n)
		require.Len(t, clip.Frames[0].Points, len(clip.Objects))
		require.Nil(t, clip.Frames[1].Points)
		for i, points := range clip.Frames[0].Points {
			require.Len(t, points, len(clip.Frames[0].Points[0]), "all objects have equally many points")
			mask := clip.Frames[0].Masks[i*64*64:]
			for k, p := range points {
				on := mask[int(p.Y)*64+int(p.X)]
				switch p.Label {
				case decoder.Positive:
					require.True(t, on)
				case decoder.Negative:
					require.False(t, on)
					require.NotZero(t, k, "the first point is on the object")
					negatives++
				case decoder.BoxTopLeft:
					boxes++
					require.Less(t, p.X, points[1].X)
					require.Less(t, p.Y, points[1].Y)
				}
			}
		}
	}
	require.Positive(t, boxes)
	require.Positive(t, negatives)
}

// TestObjectsTooSmallForTheModel checks that an object that vanishes when it is scaled down is an error that names the case.
func TestObjectsTooSmallForTheModel(t *testing.T) {
	c := &train.Case{Name: "dot", H: 200, W: 200, Objects: []int32{1}}
	for range 4 {
		c.Images = append(c.Images, make([]uint8, 200*200))
		labels := make([]uint8, 200*200)
		labels[100*200+100] = 1
		c.Labels = append(c.Labels, labels)
	}
	_, err := train.NewSampler(train.Cases{c}, tinyRecipe(1), 32).Clip(0)
	require.ErrorContains(t, err, "case dot: no object is left")
}

// TestUpload checks the shapes and the masks of a clip on the device.
func TestUpload(t *testing.T) {
	clip := clipAt(t, train.NewSampler(twoCases(), tinyRecipe(1), 64), 1)
	g := nn.NewGraph(cpu.New(1))
	frames := train.Upload(g, clip)
	require.Len(t, frames, 3)
	b := len(clip.Objects)
	require.Equal(t, []int{b, 64 * 64}, frames[2].Masks.Shape)
	require.Equal(t, []int{1, 64, 64, 3}, frames[2].Pixels.Shape)
	masks, err := g.Read(frames[2].Masks)
	require.NoError(t, err)
	for i, on := range clip.Frames[2].Masks {
		require.Equal(t, on, masks[i] == 1)
	}
}

// TestEndsAndStride draws clips that go beyond an object's end, with every slice or every second one.
func TestEndsAndStride(t *testing.T) {
	r := tinyRecipe(1)
	r.Augment, r.Ends, r.Stride, r.MaxObjects = train.NoAugment(), 1, 2, 1
	c := discs("a", 12) // object 5 starts on slice 3, so only reversed clips go beyond it
	s := train.NewSampler(train.Cases{c}, r, 64)
	strides, beyond := map[int]int{}, 0
	for n := range 60 {
		clip := clipAt(t, s, n)
		first, last := endsOf(t, clip)
		strides[abs(last-first)/(len(clip.Frames)-1)]++
		if last < first {
			beyond++
			require.Equal(t, []int32{5}, clip.Objects)
			require.True(t, clip.Frames[len(clip.Frames)-1].Empty[0])
		}
		require.Nil(t, clip.Frames[0].Present)
	}
	require.Len(t, strides, 2)
	require.Greater(t, strides[1], 15)
	require.Greater(t, strides[2], 15)
	require.Greater(t, beyond, 15)
}

// TestStrideFallsBackInShortVolumes checks that clips take every slice of a volume that is too short for every fourth.
func TestStrideFallsBackInShortVolumes(t *testing.T) {
	r := tinyRecipe(1)
	r.Stride = 4
	s := train.NewSampler(train.Cases{discs("a", 4)}, r, 64)
	for n := range 20 {
		require.Len(t, clipAt(t, s, n).Frames, r.Frames)
	}
}

// TestTruthInTraining checks what a teacher passes to the model: which objects are present, and some of the true masks.
func TestTruthInTraining(t *testing.T) {
	r := tinyRecipe(1)
	r.Ends, r.Teacher = 1, train.Teacher{TruePresence: true, TrueMasks: 0.5, FreeMasks: true}
	s := train.NewSampler(twoCases(), r, 64)
	recalled := map[bool]int{}
	for n := range 40 {
		for _, f := range clipAt(t, s, n).Frames {
			for i, empty := range f.Empty {
				require.Equal(t, !empty, f.Present[i])
			}
			recalled[f.Recall]++
			require.True(t, f.Free)
		}
	}
	require.Greater(t, recalled[true], 40)
	require.Greater(t, recalled[false], 40)
}

func abs(x int) int { return max(x, -x) }

// TestCroppedClipsShowObjectsEquallyLarge checks that with a crop of 3, every object fills a third of the side, wherever it is.
func TestCroppedClipsShowObjectsEquallyLarge(t *testing.T) {
	r := tinyRecipe(1)
	r.Augment, r.MaxObjects = train.NoAugment(), 1
	r.Augment.Crop = [2]float64{3, 3}
	s := train.NewSampler(train.Cases{discs("a", 9)}, r, 64)
	seen := map[int32]bool{}
	for n := range 20 {
		clip := clipAt(t, s, n)
		require.Len(t, clip.Objects, 1)
		seen[clip.Objects[0]] = true
		left, right := 64, 0
		for i, on := range clip.Frames[0].Masks {
			if on {
				left, right = min(left, i%64), max(right, i%64)
			}
		}
		require.InDelta(t, 64./3, right+1-left, 2)
	}
	require.Len(t, seen, 2)
}
