package project

import (
	"math"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/stretchr/testify/require"
)

// TestASuggestionChangesNothing checks what the model is asked for a suggestion, and that the document does not
// change.
func TestASuggestionChangesNothing(t *testing.T) {
	m := far(0)
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	mask := make([]bool, pixels)
	mask[3*width+4] = true
	got, err := p.Suggest(t.Context(), d, Hint{Slice: 4, Mask: mask, Box: &Box{6, 7, 2, 1}, Clicks: []Click{{X: 3, Y: 2}, {X: 5, Y: 5.5, Away: true}}})
	require.NoError(t, err)
	require.True(t, got[3*width+4])
	require.False(t, got[5*width+5])
	require.Zero(t, d.Snapshot().Revision)
	r := m.requests[0]
	require.Equal(t, []int{4, 5}, []int{r.First, r.End}, "only that slice")
	require.Equal(t, []slmsam.Point{{X: 2, Y: 1, Label: slmsam.BoxTopLeft}, {X: 6, Y: 7, Label: slmsam.BoxBottomRight},
		{X: 3, Y: 2, Label: slmsam.Positive}, {X: 5, Y: 5.5, Label: slmsam.Negative}}, r.Prompts[0].Points)

	got, err = p.Suggest(t.Context(), d, Hint{Slice: 4, Mask: mask, Clicks: []Click{{X: 4, Y: 3, Away: true}}})
	require.NoError(t, err)
	require.Nil(t, got, "nothing was found")
}

// TestBadHintsAreRefused checks that hints outside the volume or without content are input errors.
func TestBadHintsAreRefused(t *testing.T) {
	p := openProject(t, newFolder(t), far(0))
	d := openA(t, p)
	for name, h := range map[string]Hint{
		"nothing":         {Slice: 1},
		"no such slice":   {Slice: depth, Box: &Box{1, 1, 3, 3}},
		"negative slice":  {Slice: -1, Box: &Box{1, 1, 3, 3}},
		"empty box":       {Slice: 1, Box: &Box{1, 1, 1, 3}},
		"outside":         {Slice: 1, Box: &Box{1, 1, width, 3}},
		"not a number":    {Slice: 1, Clicks: []Click{{X: math.NaN(), Y: 1}}},
		"too many clicks": {Slice: 1, Clicks: make([]Click, maxClicks+1)},
	} {
		_, err := p.Suggest(t.Context(), d, h)
		var input *annotate.InputError
		require.ErrorAs(t, err, &input, name)
	}
}

// TestASuggestionInterruptsItsVolumesPropagation checks that a suggestion does not wait for a propagation of the
// same volume, whose starting point is about to change, and that the propagation is then restarted.
func TestASuggestionInterruptsItsVolumesPropagation(t *testing.T) {
	p, d, w := propagating(t, 20*time.Millisecond, 1)
	_, err := p.Suggest(t.Context(), d, Hint{Slice: 4, Box: &Box{1, 1, 3, 3}})
	require.NoError(t, err)
	require.Equal(t, "done", finished(t, w).State, "the propagation was restarted")
	require.Equal(t, 1, p.Counts().Stopped)
}

// TestAJobThatIsStoppedDuringASuggestionStaysStopped checks that a job that was interrupted by a suggestion is not
// restarted if it was stopped or replaced in the meantime.
func TestAJobThatIsStoppedDuringASuggestionStaysStopped(t *testing.T) {
	p := openProject(t, newFolder(t), far(50*time.Millisecond))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 3), kidney)
	require.NoError(t, err)
	suggestDuring := func(do func()) {
		require.NoError(t, p.Propagate(d, "me", Run{}))
		done := make(chan error)
		go func() {
			_, err := p.Suggest(t.Context(), d, Hint{Slice: 4, Box: &Box{1, 1, 3, 3}})
			done <- err
		}()
		require.Eventually(t, func() bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			return d.deferred != nil
		}, time.Second, time.Millisecond)
		do()
		require.NoError(t, <-done)
	}
	suggestDuring(func() { p.Stop(d) })
	require.Zero(t, p.Counts().Queued)

	w := d.Watch()
	defer w.Stop()
	suggestDuring(func() { require.NoError(t, p.Propagate(d, "me", Run{First: 4, End: 6})) })
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, []int{0, 0, 0, 0, 9, 9, 0, 0, 0}, areas(t, d, 1), "only what was requested last")
}
