package project

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAJobIsSupersededWhenTheOutlinesChange(t *testing.T) {
	m := far(20 * time.Millisecond)
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	w := d.Watch()
	defer w.Stop()
	require.NoError(t, p.Propagate(d, "me", Run{}))
	slicesFound(w, 3)
	_, err = d.Draw(me, 4, square(1, 2, 2, 2), nil)
	require.NoError(t, err)
	p.Changed(d)
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, []int{4, 4, 4, 4, 4, 4, 4, 4, 4}, areas(t, d, 1))
	require.Equal(t, 1, p.Counts().JobsDone)
	require.Equal(t, 1, p.Counts().Stopped)
}

func TestAChangeThatSlipsInBeforeTheEndIsNotOverwritten(t *testing.T) {
	p := openProject(t, newFolder(t), far(50*time.Millisecond))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	w := d.Watch()
	defer w.Stop()
	require.NoError(t, p.Propagate(d, "me", Run{}))
	slicesFound(w, 1)
	_, err = d.Draw(me, 4, square(1, 2, 2, 3), nil) // nobody says Changed
	require.NoError(t, err)
	require.Equal(t, "done", finished(t, w).State)
	require.Equal(t, []int{9, 9, 9, 9, 9, 9, 9, 9, 9}, areas(t, d, 1))
}

func TestAStoppedJobChangesNothing(t *testing.T) {
	p := openProject(t, newFolder(t), far(20*time.Millisecond))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	before := d.Snapshot()
	w := d.Watch()
	defer w.Stop()
	require.NoError(t, p.Propagate(d, "me", Run{}))
	time.Sleep(30 * time.Millisecond)
	p.Stop(d)
	require.Equal(t, "cancelled", finished(t, w).State)
	require.Equal(t, before, d.Snapshot())
	require.Zero(t, p.Counts().Queued)
	p.Stop(d)
}

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
				require.NoError(t, err)
				p.Changed(d)
				_ = p.Propagate(d, who.Name, Run{}) // somebody else's may have done it already
				_, err = d.Undo(1<<30, who.Name)
				require.NoError(t, err)
				p.Changed(d)
				_, err = p.Volumes()
				require.NoError(t, err)
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

func TestWhoDoesNotListenIsLetGo(t *testing.T) {
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

// TestAPageThatIsReloadedKnowsOfTheJob: it can show the job and stop it.
func TestAPageThatIsReloadedKnowsOfTheJob(t *testing.T) {
	p := openProject(t, newFolder(t), far(20*time.Millisecond))
	d := openA(t, p)
	_, err := d.Draw(me, 4, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	w := d.Watch()
	defer w.Stop()
	require.NoError(t, p.Propagate(d, "me", Run{}))
	slicesFound(w, 1)
	late := d.Watch()
	require.Equal(t, "snapshot", (<-late.Events).Type)
	require.Equal(t, Event{Type: "job", State: "running"}, <-late.Events)
	late.Stop()
	require.Equal(t, "done", finished(t, w).State)
	late = d.Watch()
	defer late.Stop()
	require.Equal(t, "snapshot", (<-late.Events).Type)
	require.Empty(t, late.Events, "there is no job anymore")
}
