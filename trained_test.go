package slmsam_test

import (
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/nn/cpu"
	"github.com/stretchr/testify/require"
)

// TestUntrainedSettingsAreRefused checks that memory settings and outlines that the weights were not trained with are refused
// unless Untrained is set. Weights that state nothing accept everything. Clicks become outlines.
func TestUntrainedSettingsAreRefused(t *testing.T) {
	dev := cpu.New(0)
	defer dev.Close()
	m := newModel(t, dev)
	mask := []slmsam.Prompt{{Slice: 1, Object: 1, Mask: square(5, 15)}}
	click := []slmsam.Prompt{{Slice: 1, Object: 1, Points: []slmsam.Point{{X: 9, Y: 9, Label: slmsam.Positive}}}}
	run := func(prompts []slmsam.Prompt, opt slmsam.Options) error {
		_, err := m.Segment(t.Context(), slmsam.Request{Slices: ramp(3), Prompts: prompts, Options: opt})
		return err
	}
	require.NoError(t, run(click, slmsam.Options{}), "weights that do not say how they were trained")
	m.Config.Trained = (&slmsam.Trained{}).With([]string{slmsam.PromptMask}, slmsam.ShortLong)
	require.NoError(t, run(mask, slmsam.Options{}))
	require.NoError(t, run(click, slmsam.Options{}))
	var refused *slmsam.UntrainedError
	require.ErrorAs(t, run(mask, slmsam.Options{Memory: slmsam.Memory{Long: 7}}), &refused)
	require.ErrorContains(t, refused, "memory M7")
	require.NoError(t, run(click, slmsam.Options{Memory: slmsam.Memory{Long: 7}, Untrained: true}))
	m.Config.Trained = (&slmsam.Trained{}).With([]string{slmsam.PromptBox}, slmsam.ShortLong)
	require.ErrorContains(t, run(mask, slmsam.Options{}), "outlines")
	require.ErrorContains(t, run(click, slmsam.Options{}), "outlines")
	all := slmsam.TrainedAsSAM2(7).With([]string{slmsam.PromptMask}, slmsam.ShortLong)
	require.Equal(t, []string{"box", "click", "mask"}, all.Prompts)
	require.Equal(t, []slmsam.Memory{{Long: 7}, slmsam.ShortLong}, all.Memories)
}
