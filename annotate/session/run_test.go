package session_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/stretchr/testify/require"
)

// TestUndoGoesBackStepByStep undoes runs and a replaced mask one at a time, then a stroke that was never run.
func TestUndoGoesBackStepByStep(t *testing.T) {
	b := open(t, annotatetest.Copier{})
	masks := [][]uint8{b.mask()}
	for k := range 5 {
		masks = append(masks, b.run(filled(2, region(k, k+9, 5, 9, 2*k, 2*k+1))))
	}
	seg := make([]uint8, len(b.v.Data))
	seg[5] = 7
	require.NoError(t, b.Replace(1, seg))
	require.EqualValues(t, 1, b.mask()[5])
	for k := 5; k >= 0; k-- {
		undone, err := b.Undo(1)
		require.NoError(t, err)
		require.True(t, undone)
		require.Equal(t, masks[k], b.mask())
	}
	undone, err := b.Undo(1)
	require.NoError(t, err)
	require.False(t, undone)
	require.NoError(t, b.Apply(t.Context(), 1, filled(2, region(0, 1, 0, 1, 0, 1))))
	undone, err = b.Undo(1)
	require.NoError(t, err)
	require.True(t, undone, "a stroke that is still queued is a step, too")
	ran, err := b.Run(t.Context(), 1, nil)
	require.NoError(t, err)
	require.False(t, ran)
}

// TestOnlyWhatAChangeCanReachIsComputedAgain counts the slices that each run computes, and checks that the result
// equals that of a run from scratch.
func TestOnlyWhatAChangeCanReachIsComputedAgain(t *testing.T) {
	b := open(t, annotatetest.Copier{Reach: 20})
	steps := func(s annotate.Stroke) (n int) {
		require.NoError(t, b.Apply(t.Context(), 1, s))
		_, err := b.Run(t.Context(), 1, func(int, int) { n++ })
		require.NoError(t, err)
		return n
	}
	require.Equal(t, 12, steps(filled(2, region(10, 20, 5, 9, 3, 4))))
	require.Equal(t, 8, steps(filled(2, region(10, 20, 20, 25, 9, 10))), "slices 4 to 11")
	first := b.mask()
	require.Equal(t, 5, steps(filled(2, region(0, 5, 30, 35, 6, 7))), "slices 4 to 8")
	second := b.mask()
	for k := range 12 {
		if k < 4 || k > 8 {
			require.Equal(t, first[k*40*44:(k+1)*40*44], second[k*40*44:(k+1)*40*44], "slice %d", k)
		}
	}
	require.NotEqual(t, first, second)
	require.Zero(t, steps(click(2, 32, 6, false)), "a click on what is already part of the object")
	require.Equal(t, second, b.mask())

	fresh := open(t, annotatetest.Copier{Reach: 20})
	require.NoError(t, fresh.Apply(t.Context(), 1, filled(2, region(10, 20, 5, 9, 3, 4)),
		filled(2, region(10, 20, 5, 9, 9, 10)), filled(2, region(10, 20, 20, 25, 9, 10)))) // on slice 9, the second stroke was added to what had been found there
	whole := fresh.run()
	require.Equal(t, first, whole, "the same as if it had been computed in one run")
	require.Equal(t, 44, steps(filled(0, region(20, 21, 5, 9, 2, 10))), "across another axis, only those slices are computed")
}

// TestObjectsDoNotMix runs several objects at once, and checks that each gets its own result.
func TestObjectsDoNotMix(t *testing.T) {
	b := open(t, annotatetest.Copier{Delay: time.Millisecond})
	want := b.run(filled(2, region(10, 20, 5, 9, 6, 7)))
	var group sync.WaitGroup
	for object := 2; object < 8; object++ {
		group.Add(1)
		go func() {
			defer group.Done()
			mask := make([]uint8, len(want))
			errs := errors.Join(b.Apply(t.Context(), object, filled(2, region(object, 40, 0, 2, object, object+1))))
			_, err := b.Run(context.Background(), object, nil)
			errs = errors.Join(errs, err, b.Mask(object, mask))
			if errs != nil || area(mask, object) != 2*(40-object) {
				t.Errorf("object %d: %v, area %d", object, errs, area(mask, object))
			}
		}()
	}
	group.Wait()
	require.Equal(t, want, b.mask())
}

// TestACanceledRunChangesNothing checks that the mask stays empty if the context of a run ends, and that closing the
// session cancels a run.
func TestACanceledRunChangesNothing(t *testing.T) {
	b := open(t, annotatetest.Copier{Delay: 20 * time.Millisecond})
	require.NoError(t, b.Apply(t.Context(), 1, filled(2, region(10, 20, 5, 9, 6, 7))))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := b.Run(ctx, 1, func(done, total int) {
		if done == 2 {
			cancel()
		}
	})
	require.ErrorIs(t, err, context.Canceled)
	require.NotContains(t, b.mask(), uint8(1))
	done, started := make(chan error), make(chan struct{})
	go func() {
		_, err := b.Run(t.Context(), 1, func(done, _ int) {
			if done == 1 {
				close(started)
			}
		})
		done <- err
	}()
	<-started
	b.Close()
	require.ErrorIs(t, <-done, context.Canceled, "closing the session cancels the run")
	require.Error(t, b.Apply(t.Context(), 1))
}
