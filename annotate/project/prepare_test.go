package project

import (
	"context"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/stretchr/testify/require"
)

// preparer is a copier whose preparation lasts until it is stopped or let go.
type preparer struct {
	*copier
	orders  chan []int    // of every preparation that begins
	stopped chan error    // of every one that was stopped
	goOn    chan struct{} // closed: preparations end well
}

func newPreparer() *preparer {
	return &preparer{copier: far(0), orders: make(chan []int, 10), stopped: make(chan error, 10), goOn: make(chan struct{})}
}

func (p *preparer) Prepare(ctx context.Context, _ slmsam.Slices, order []int) error {
	p.orders <- order
	select {
	case <-ctx.Done():
		p.stopped <- ctx.Err()
		return ctx.Err()
	case <-p.goOn:
		return nil
	}
}

func TestVolumesArePreparedFromTheMomentTheyAreOpened(t *testing.T) {
	m := newPreparer()
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	_, release, err := p.Image(d)
	require.NoError(t, err)
	release()
	require.Equal(t, []int{4, 3, 5, 2, 6, 1, 7, 0, 8}, <-m.orders, "from the middle")

	_, err = d.Draw(me, 7, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	propagate(t, p, d)
	require.ErrorIs(t, <-m.stopped, context.Canceled, "a job comes first")
	require.Equal(t, []int{7, 6, 8, 5, 4, 3, 2, 1, 0}, <-m.orders, "then it goes on, next to the outline")

	b, err := p.Document("b")
	require.NoError(t, err)
	_, release, err = p.Image(b)
	require.NoError(t, err)
	release()
	require.ErrorIs(t, <-m.stopped, context.Canceled, "what was opened last comes first")
	require.Equal(t, 4, (<-m.orders)[0])
	close(m.goOn)
	require.Equal(t, 7, (<-m.orders)[0], "the other one after it")
}

func TestHeldVolumesArePreparedUntilTheyAreReleased(t *testing.T) {
	m := newPreparer()
	p := openProject(t, newFolder(t), m)
	h, err := p.Hold(annotatetest.Ball(depth, height, width))
	require.NoError(t, err)
	require.Len(t, <-m.orders, depth)
	require.Equal(t, depth*pixels, p.Counts().Voxels)
	h.Release()
	require.ErrorIs(t, <-m.stopped, context.Canceled)
	require.Zero(t, p.Counts().Voxels)
	_, err = p.Hold(annotatetest.Ball(1, 1<<10, 1<<11))
	require.ErrorIs(t, err, annotate.ErrFull)
}

func TestWhoeverWaitsForAJobGetsTheNextOne(t *testing.T) {
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
	require.Equal(t, 4, areas(t, d, 1)[3], "the document is what it was")
	var input *annotate.InputError
	require.ErrorAs(t, p.Run(t.Context(), d, "me", Run{}, func(int, int) { go p.Stop(d) }), &input, "somebody else stopped it")
}
