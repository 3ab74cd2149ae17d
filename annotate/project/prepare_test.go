package project

import (
	"context"
	"testing"

	"github.com/seed-6f79f512/slmsam"
	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/stretchr/testify/require"
)

// preparer is a copier whose preparations last until they are stopped or released.
type preparer struct {
	*copier
	orders  chan []int    // of each preparation that begins
	stopped chan error    // from each one that was stopped
	goOn    chan struct{} // closed: preparations succeed
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

// TestVolumesArePreparedFromTheMomentTheyAreOpened checks the order in which slices are prepared, that a job
// interrupts the preparation, and that the volume opened last comes first.
func TestVolumesArePreparedFromTheMomentTheyAreOpened(t *testing.T) {
	m := newPreparer()
	p := openProject(t, newFolder(t), m)
	d := openA(t, p)
	_, release, err := p.Image(d)
	require.NoError(t, err)
	release()
	require.Equal(t, []int{4, 3, 5, 2, 6, 1, 7, 0, 8}, <-m.orders, "from the middle outward")

	_, err = d.Draw(me, 7, square(1, 2, 2, 4), kidney)
	require.NoError(t, err)
	propagate(t, p, d)
	require.ErrorIs(t, <-m.stopped, context.Canceled, "a job takes precedence")
	require.Equal(t, []int{7, 6, 8, 5, 4, 3, 2, 1, 0}, <-m.orders, "then it continues, from the outline outward")

	b, err := p.Document("b")
	require.NoError(t, err)
	_, release, err = p.Image(b)
	require.NoError(t, err)
	release()
	require.ErrorIs(t, <-m.stopped, context.Canceled, "the volume opened last takes precedence")
	require.Equal(t, 4, (<-m.orders)[0])
	close(m.goOn)
	require.Equal(t, 7, (<-m.orders)[0], "the other volume follows")
}

// TestHeldVolumesArePreparedUntilTheyAreReleased checks that a volume outside the folder is prepared, too, and that
// releasing it stops this and frees its room.
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
