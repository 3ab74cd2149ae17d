package slmsam_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/stretchr/testify/require"
)

// Clicks on the disc of discVolume's slice 2, whose middle is at x 32, y 35, and beside it.
var (
	onDisc  = slmsam.Point{X: 33, Y: 33, Label: slmsam.Positive}
	offDisc = slmsam.Point{X: 52, Y: 35, Label: slmsam.Negative}
)

// TestPriorAloneFindsWhatIsClickedOn checks that a click is as good as an outline for a clear object, also together with a
// click outside it, a box around it, or an outline on another slice.
func TestPriorAloneFindsWhatIsClickedOn(t *testing.T) {
	s, masks := discVolume(5)
	box := []slmsam.Point{{X: 20, Y: 22, Label: slmsam.BoxTopLeft}, {X: 45, Y: 48, Label: slmsam.BoxBottomRight}}
	for name, prompts := range map[string][]slmsam.Prompt{
		"a click":              {{Slice: 2, Object: 1, Points: []slmsam.Point{onDisc}}},
		"clicks on and off it": {{Slice: 2, Object: 1, Points: []slmsam.Point{onDisc, offDisc}}},
		"a click in a box":     {{Slice: 2, Object: 1, Points: append(box, onDisc)}},
		"beside an outline":    {{Slice: 0, Object: 1, Mask: masks[0]}, {Slice: 2, Object: 1, Points: []slmsam.Point{onDisc}}},
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

// TestClicksThatNameNoObject checks the errors for clicks only outside the object, and for clicks that leave nothing.
func TestClicksThatNameNoObject(t *testing.T) {
	s, _ := discVolume(3)
	m := freshPrior(t, true)
	segment := func(p slmsam.Prompt) error {
		_, err := m.Segment(t.Context(), slmsam.Request{Slices: s, Prompts: []slmsam.Prompt{p}})
		return err
	}
	err := segment(slmsam.Prompt{Slice: 2, Object: 4, Points: []slmsam.Point{offDisc}})
	require.EqualError(t, err, "slmsam: object 4 on slice 2 has only clicks outside it: add one on the object")
	dot := make([]bool, 72*72)
	dot[35*72+52] = true
	err = segment(slmsam.Prompt{Slice: 2, Object: 4, Mask: dot, Points: []slmsam.Point{offDisc}})
	require.EqualError(t, err, "slmsam: the clicks leave nothing of object 4 on slice 2")
}
