package lease

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/stretchr/testify/require"
)

// TestClaimAndRelease checks that leases are limited in number, and that a released one is freed once and unknown
// afterward.
func TestClaimAndRelease(t *testing.T) {
	var freed atomic.Int32
	l := New(t.Context(), 2, time.Hour, 0, func(int) { freed.Add(1) })
	a, err := l.Claim(1)
	require.NoError(t, err)
	b, err := l.Claim(2)
	require.NoError(t, err)
	_, err = l.Claim(3)
	require.ErrorIs(t, err, annotate.ErrFull)
	known, err := l.With(t.Context(), b.Token, func(_ context.Context, held int) error {
		require.Equal(t, 2, held)
		return nil
	})
	require.True(t, known)
	require.NoError(t, err)
	require.True(t, l.Release(a.Token))
	require.False(t, l.Release(a.Token))
	require.EqualValues(t, 1, freed.Load())
	known, _ = l.With(t.Context(), a.Token, nil)
	require.False(t, known)
	require.Equal(t, 1, l.Count())
}

// TestAReleasedLeaseIsFreedAfterItsRequest checks that releasing a lease cancels its running request, and frees the
// lease only when the request has ended.
func TestAReleasedLeaseIsFreedAfterItsRequest(t *testing.T) {
	freed := make(chan int, 1)
	l := New(t.Context(), 2, time.Hour, 0, func(held int) { freed <- held })
	a, err := l.Claim(7)
	require.NoError(t, err)
	_, err = l.With(t.Context(), a.Token, func(ctx context.Context, _ int) error {
		require.True(t, l.Release(a.Token))
		<-ctx.Done() // the release cancels the request
		require.Empty(t, freed)
		return ctx.Err()
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 7, <-freed)
}

// TestIdleAndSilentLeasesEnd checks both timeouts: a lease without requests ends after the idle timeout, even if
// heartbeats arrive, and one without heartbeats ends earlier.
func TestIdleAndSilentLeasesEnd(t *testing.T) {
	freed := make(chan string, 2)
	l := New(t.Context(), 2, 400*time.Millisecond, 100*time.Millisecond, func(held string) { freed <- held })
	silent, err := l.Claim("silent")
	require.NoError(t, err)
	idle, err := l.Claim("idle")
	require.NoError(t, err)
	started := time.Now()
	last := time.Hour
	for {
		left, known := l.Remaining(idle.Token, true)
		if !known {
			break
		}
		require.Less(t, left, last)
		last = left
		time.Sleep(20 * time.Millisecond)
	}
	require.Greater(t, time.Since(started), 350*time.Millisecond)
	require.Equal(t, "silent", <-freed, "it ends without anyone asking for it")
	require.Equal(t, "idle", <-freed)
	_, known := l.Remaining(silent.Token, false)
	require.False(t, known)
}

// TestLeasesEndWithTheServer checks that all leases are freed when the server's context ends.
func TestLeasesEndWithTheServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	freed := make(chan int, 1)
	l := New(ctx, 2, time.Hour, 0, func(held int) { freed <- held })
	_, err := l.Claim(1)
	require.NoError(t, err)
	cancel()
	require.Equal(t, 1, <-freed)
}
