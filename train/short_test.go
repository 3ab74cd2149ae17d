package train_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam/nn"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/seed-6f79f512/slmsam/train"
	"github.com/stretchr/testify/require"
)

// onOneSlice returns a case whose only object is on slice 5 alone.
func onOneSlice() *train.Case {
	c := discs("thin", 12)
	c.Objects = c.Objects[:1]
	for z := range c.Labels {
		for p, l := range c.Labels[z] {
			if z != 5 || l != 1 {
				c.Labels[z][p] = 0
			}
		}
	}
	return c
}

// TestShortVolumes checks that the built-in model's recipe learns from volumes shorter than a clip and from clips of a single
// slice, or else says what is missing.
func TestShortVolumes(t *testing.T) {
	for _, c := range []struct {
		of     *train.Case
		frames int
		fails  string
	}{
		{discs("two", 2), 16, ""},
		{discs("two", 2), 1, ""},
		{discs("one", 1), 16, "one: it has 1 slices, fewer than a clip of 16, and no object on two of them, which a sweep needs"},
		{onOneSlice(), 1, ""},
		{onOneSlice(), 4, ""},
		{onOneSlice(), 16, "thin: it has 12 slices, fewer than a clip of 16, and no object on two of them"},
	} {
		dev := cpu.New(1)
		config := pico()
		config.Prior, config.PriorAlone, config.Crop = true, true, 3
		m := randomModel(t, dev, config)
		r := train.FineTunePrior()
		r.Time, r.Steps, r.Batch, r.Frames = "", 1, 2, c.frames
		tr, err := train.New(nn.NewGraph(dev), m, train.Setup{Recipe: r, Train: train.Cases{c.of}, Dir: t.TempDir(), LastOnly: true})
		require.NoError(t, err)
		err = tr.Run(t.Context())
		if c.fails == "" {
			require.NoError(t, err, "%s, %d frames", c.of.Name, c.frames)
		} else {
			require.ErrorContains(t, err, c.fails)
		}
	}
}
