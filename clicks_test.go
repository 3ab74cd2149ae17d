package slmsam_test

import (
	"slices"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// Clicks on the disc of discVolume's slice 2, whose middle is at x 32, y 35, and beside it, and a box around it.
var (
	onDisc  = slmsam.Point{X: 33, Y: 33, Label: slmsam.Positive}
	offDisc = slmsam.Point{X: 52, Y: 35, Label: slmsam.Negative}
	boxed   = []slmsam.Point{{X: 20, Y: 22, Label: slmsam.BoxTopLeft}, {X: 45, Y: 48, Label: slmsam.BoxBottomRight}}
)

// with returns points and more points.
func with(points []slmsam.Point, more ...slmsam.Point) []slmsam.Point {
	return slices.Concat(points, more)
}

// TestPriorAloneFindsWhatIsMarked checks that clicks and a box are as good as an outline for a clear object, also together, and
// with outlines on the same or other slices.
func TestPriorAloneFindsWhatIsMarked(t *testing.T) {
	s, masks := discVolume(5)
	rough := slices.Clone(masks[2])
	for i := range rough {
		rough[i] = rough[i] || i%72 >= 42 && i%72 < 56 && i/72 > 28 && i/72 < 42 // a square sticks out of the box
	}
	for name, prompts := range map[string][]slmsam.Prompt{
		"a click":                 {{Slice: 2, Object: 1, Points: []slmsam.Point{onDisc}}},
		"clicks on and off it":    {{Slice: 2, Object: 1, Points: []slmsam.Point{onDisc, offDisc}}},
		"a box":                   {{Slice: 2, Object: 1, Points: boxed}},
		"a click in a box":        {{Slice: 2, Object: 1, Points: with(boxed, onDisc)}},
		"a click off it in a box": {{Slice: 2, Object: 1, Points: with(boxed, slmsam.Point{X: 44, Y: 47, Label: slmsam.Negative})}},
		"a mask in a box":         {{Slice: 2, Object: 1, Mask: rough, Points: boxed}},
		"beside an outline":       {{Slice: 0, Object: 1, Mask: masks[0]}, {Slice: 2, Object: 1, Points: []slmsam.Point{onDisc}}},
		"off it beside a box":     {{Slice: 0, Object: 1, Points: boxed}, {Slice: 2, Object: 1, Points: []slmsam.Point{offDisc}}},
	} {
		t.Run(name, func(t *testing.T) {
			found := follow(t, freshPrior(t, true), s, prompts...)
			for z, mask := range masks {
				require.Greater(t, overlapOf(found[z], mask), 0.93, "slice %d", z)
			}
		})
	}
}

// TestPriorAloneCorrectsMasksByClicks checks that a click on the object that a mask misses, and one outside the object that it
// covers, make the mask better.
func TestPriorAloneCorrectsMasksByClicks(t *testing.T) {
	s, masks := discVolume(5)
	truth := masks[2]
	less, more := make([]bool, len(truth)), make([]bool, len(truth))
	for i, on := range truth {
		less[i] = on && i%72 < 36                                         // the right third is missing
		more[i] = on || i%72 >= 42 && i%72 < 56 && i/72 > 28 && i/72 < 42 // a square sticks out on the right
	}
	m := freshPrior(t, true)
	for name, c := range map[string]struct {
		mask  []bool
		click slmsam.Point
	}{
		"more": {less, slmsam.Point{X: 39, Y: 35, Label: slmsam.Positive}},
		"less": {more, slmsam.Point{X: 49, Y: 35, Label: slmsam.Negative}},
	} {
		found := follow(t, m, s, slmsam.Prompt{Slice: 2, Object: 1, Mask: c.mask, Points: []slmsam.Point{c.click}})
		require.Greater(t, overlapOf(found[2], truth), overlapOf(c.mask, truth)+0.02, name)
	}
}

// TestClicksThatTheNetworkDoesNotReadCorrectIt checks that clicks on a slice between outlines correct what was found there,
// also if the weights were trained with outlines only.
func TestClicksThatTheNetworkDoesNotReadCorrectIt(t *testing.T) {
	s, masks := discVolume(5)
	dev := cpu.New(0)
	defer dev.Close()
	network := newModel(t, dev)
	network.Config.Trained = (&slmsam.Trained{}).With([]string{slmsam.PromptMask}, slmsam.ShortLong)
	for name, m := range map[string]*slmsam.Model{"network": network, "prior alone": freshPrior(t, true)} {
		t.Run(name, func(t *testing.T) {
			outline := slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]}
			at := func(mask []bool, p slmsam.Point) bool { return mask[int(p.Y)*72+int(p.X)] }
			before := follow(t, m, s, outline)
			middle := slmsam.Point{X: 32, Y: 35, Label: slmsam.Negative}
			if !at(before[2], middle) {
				middle.Label = slmsam.Positive
			}
			after := follow(t, m, s, outline, slmsam.Prompt{Slice: 2, Object: 1, Points: []slmsam.Point{middle}})
			require.NotEqual(t, at(before[2], middle), at(after[2], middle))
			require.Equal(t, before[0], after[0])
		})
	}
}

// TestAClickBeyondTheCropWidensIt clicks on another part of an object, beyond the crop around its outline.
func TestAClickBeyondTheCropWidensIt(t *testing.T) {
	s, masks := discVolume(5)
	m := freshPrior(t, true)
	m.Config.Crop = 1.1
	far := slmsam.Point{X: 66, Y: 6, Label: slmsam.Positive}
	before := follow(t, m, s, slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]})
	after := follow(t, m, s, slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]}, slmsam.Prompt{Slice: 2, Object: 1, Points: []slmsam.Point{far}})
	at := int(far.Y)*72 + int(far.X)
	require.False(t, before[2][at])
	require.True(t, after[2][at])
}

// TestBoxesAndClicksOfABoxNetwork checks that a network that was trained with boxes reads a box itself while clicks on another slice
// correct what it finds, and that clicks of another object do not change that.
func TestBoxesAndClicksOfABoxNetwork(t *testing.T) {
	s, masks := discVolume(5)
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	m.Config.Trained = (&slmsam.Trained{}).With([]string{slmsam.PromptMask, slmsam.PromptBox}, slmsam.ShortLong)
	box := slmsam.Prompt{Slice: 0, Object: 1, Points: boxed}
	alone := follow(t, m, s, box)
	with := follow(t, m, s, box, slmsam.Prompt{Slice: 2, Object: 1, Points: []slmsam.Point{onDisc}})
	require.Equal(t, alone[0], with[0])
	require.True(t, with[2][int(onDisc.Y)*72+int(onDisc.X)])

	// two points each, on the same slices: a box for object 1 and clicks for object 2
	r := slmsam.Request{Slices: s, Prompts: []slmsam.Prompt{{Slice: 0, Object: 2, Mask: masks[0]}, {Slice: 2, Object: 2, Points: []slmsam.Point{onDisc, offDisc}}}}
	want, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	r.Prompts = append(r.Prompts, slmsam.Prompt{Slice: 0, Object: 1, Mask: masks[0]}, slmsam.Prompt{Slice: 2, Object: 1, Points: boxed})
	got, err := m.Segment(t.Context(), r)
	require.NoError(t, err)
	require.InDelta(t, want.Objects[0].Slices[2].Score, got.Objects[1].Slices[2].Score, 1e-4)
}

// TestClicksThatNameNoObject checks the errors for clicks only outside the object, and for clicks that leave nothing.
func TestClicksThatNameNoObject(t *testing.T) {
	s, _ := discVolume(3)
	m := freshPrior(t, true)
	segment := func(p slmsam.Prompt) error {
		_, err := m.Segment(t.Context(), slmsam.Request{Slices: s, Prompts: []slmsam.Prompt{p}})
		return err
	}
	err := segment(slmsam.Prompt{Slice: 2, Object: 4, Points: []slmsam.Point{offDisc}})
	require.EqualError(t, err, "slmsam: object 4 on slice 2 has only clicks outside it: add one on it, or outline it")
	dot := make([]bool, 72*72)
	dot[35*72+52] = true
	err = segment(slmsam.Prompt{Slice: 2, Object: 4, Mask: dot, Points: []slmsam.Point{offDisc}})
	require.EqualError(t, err, "slmsam: object 4 on slice 2: the clicks leave nothing of it: mark it as absent there instead")
}
