package project

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// propagating opens a project in which a square of 4 x 4 pixels on slice 4 of a volume is being propagated by a model that takes
// wait per slice, and returns once n slices have been found.
func propagating(t *testing.T, wait time.Duration, n int) (*Project, *Document, *Watch) {
	t.Helper()
	p := openProject(t, newFolder(t), far(wait))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	w := d.Watch()
	t.Cleanup(w.Stop)
	require.NoError(t, p.Propagate(d, "me", Run{}))
	slicesFound(w, n)
	return p, d, w
}

// TestAJobIsSupersededWhenTheOutlinesChange checks that a job restarts with the new outlines.
func TestAJobIsSupersededWhenTheOutlinesChange(t *testing.T) {
	p, d, w := propagating(t, 20*time.Millisecond, 3)
	_, err := d.Draw(me, 4, square(1, 2, 2, 2), nil)
	require.NoError(t, err)
	p.Changed(d)
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, []int{4, 4, 4, 4, 4, 4, 4, 4, 4}, areas(t, d, 1))
	require.Equal(t, 1, p.Counts().JobsDone)
	require.Equal(t, 1, p.Counts().Stopped)
}

// TestAChangeThatSlipsInBeforeTheEndIsNotOverwritten changes an outline during a job without calling Changed, and
// checks that the result comes from the new outline.
func TestAChangeThatSlipsInBeforeTheEndIsNotOverwritten(t *testing.T) {
	_, d, w := propagating(t, 50*time.Millisecond, 1)
	_, err := d.Draw(me, 4, square(1, 2, 2, 3), nil) // without a call of Changed
	require.NoError(t, err)
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, []int{9, 9, 9, 9, 9, 9, 9, 9, 9}, areas(t, d, 1))
}

// TestAStoppedJobChangesNothing checks that the document is the same after a job was stopped, and that stopping
// twice does no harm.
func TestAStoppedJobChangesNothing(t *testing.T) {
	p := openProject(t, newFolder(t), far(20*time.Millisecond))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	before := d.Snapshot()
	w := d.Watch()
	defer w.Stop()
	require.NoError(t, p.Propagate(d, "me", Run{}))
	slicesFound(w, 1)
	p.Stop(d)
	require.Equal(t, "cancelled", finished(t, w).State)
	require.Equal(t, before, d.Snapshot())
	require.Zero(t, p.Counts().Queued)
	p.Stop(d)
}

// TestJobsOfSeveralVolumesTakeTurns lets several annotators draw, propagate and undo at once on two volumes, and
// checks that all jobs end and that the volumes can still be propagated.
func TestJobsOfSeveralVolumesTakeTurns(t *testing.T) {
	p := openProject(t, newFolder(t), far(time.Millisecond))
	a := openA(t, p)
	b, err := p.Document("b")
	require.NoError(t, err)
	var working sync.WaitGroup
	for i, d := range []*Document{a, b, a, b} {
		working.Add(1)
		go func() {
			defer working.Done()
			who := Author{Name: string(rune('a' + i)), Base: 1 << 30}
			for k := range 5 {
				_, err := d.Draw(who, (i+k)%depth, square(1, 1, 1, 2+k), kidney)
				assert.NoError(t, err)
				p.Changed(d)
				_ = p.Propagate(d, who.Name, Run{}) // may have nothing to do, after somebody else's
				_, err = d.Undo(1<<30, who.Name)
				assert.NoError(t, err)
				p.Changed(d)
				_, err = p.Volumes()
				assert.NoError(t, err)
			}
		}()
	}
	working.Wait()
	require.Eventually(t, func() bool { return p.Counts().Queued == 0 }, 20*time.Second, 5*time.Millisecond)
	for _, d := range []*Document{a, b} {
		_, err := d.Draw(me, 3, square(1, 0, 0, 7), kidney)
		require.NoError(t, err)
		propagate(t, p, d)
		require.Equal(t, 49, areas(t, d, 1)[3])
	}
}

// TestAWatcherThatDoesNotReadIsDropped checks that a watch ends when too many of its events are unread.
func TestAWatcherThatDoesNotReadIsDropped(t *testing.T) {
	d := openA(t, openProject(t, newFolder(t), far(0)))
	w := d.Watch()
	for range unread + 1 {
		d.notify(Event{Type: "slice"})
	}
	n := 0
	for range w.Events {
		n++
	}
	require.Equal(t, unread, n)
	w.Stop()
}

// TestANewWatcherIsToldOfARunningJob checks that a page that is reloaded can show and stop the running job, and that
// a finished job is not announced.
func TestANewWatcherIsToldOfARunningJob(t *testing.T) {
	_, d, w := propagating(t, 20*time.Millisecond, 1)
	late := d.Watch()
	require.Equal(t, "snapshot", (<-late.Events).Type)
	require.Equal(t, Event{Type: "job", State: "running"}, <-late.Events)
	late.Stop()
	require.Equal(t, "done", finished(t, w).State)
	late = d.Watch()
	defer late.Stop()
	require.Equal(t, "snapshot", (<-late.Events).Type)
	require.Empty(t, late.Events, "there is no longer a job")
}

// TestRunFollowsASupersedingJob checks that Run waits for the job that supersedes its own, and that it returns an
// error if its context ends or somebody stops the job.
func TestRunFollowsASupersedingJob(t *testing.T) {
	m := far(20 * time.Millisecond)
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	var steps []int
	done := make(chan error)
	started := make(chan struct{})
	go func() {
		done <- p.Run(t.Context(), d, "me", Run{}, func(n, _ int) {
			if steps = append(steps, n); len(steps) == 2 {
				close(started)
			}
		})
	}()
	<-started
	_, err = d.Draw(me, 4, square(1, 2, 2, 2), nil)
	require.NoError(t, err)
	p.Changed(d)
	require.NoError(t, <-done)
	require.Equal(t, []int{4, 4, 4, 4, 4, 4, 4, 4, 4}, areas(t, d, 1))
	require.Greater(t, len(steps), depth)
	require.ErrorIs(t, p.Run(t.Context(), d, "me", Run{}, nil), ErrUnchanged)

	_, err = d.Draw(me, 4, square(1, 2, 2, 3), nil)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	err = p.Run(ctx, d, "me", Run{}, func(int, int) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 4, areas(t, d, 1)[3], "the document is unchanged")
	var input *annotate.InputError
	require.ErrorAs(t, p.Run(t.Context(), d, "me", Run{}, func(int, int) { go p.Stop(d) }), &input, "stopped by somebody else")
}
