package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// loadEnv is the environment variable that makes the load test longer, such as 5m, and its volumes larger.
const loadEnv = "SLMSAM_LOAD"

// The sizes of the load test.
const (
	clients     = 20
	shortSide   = 48
	shortSlices = 10
	longSide    = 160
	longSlices  = 40
)

// The most memory that a server with the built-in model needs, as stated in docs/clients.md.
const (
	baseBytes  = 200 << 20
	voxelBytes = 16
)

// newClients returns clients of all protocols, each with a volume of its own, and writes the volumes of those clients that use
// the served folder.
func newClients(t *testing.T, s *served, dir string, side, depth int) (list []annotator) {
	for n := range clients {
		c := newScan(n, side, depth)
		switch n % 4 {
		case 0:
			list = append(list, &nnClient{scan: c, url: s.nn})
		case 1:
			c.put(t, dir)
			list = append(list, &monaiClient{scan: c, url: s.monai})
		case 2:
			c.put(t, dir)
			list = append(list, &pageClient{scan: c, url: s.page})
		default:
			list = append(list, &snapClient{scan: c, url: s.snap})
		}
	}
	return list
}

// TestTwentyClientsOfAllProtocolsAtOnce checks that each client always gets the answer that it got alone, that the server stays
// within its memory, and, in the long run, that all wait about equally long.
func TestTwentyClientsOfAllProtocolsAtOnce(t *testing.T) {
	side, depth := shortSide, shortSlices
	length, err := time.ParseDuration(os.Getenv(loadEnv))
	long := err == nil
	if long {
		side, depth = longSide, longSlices
	}
	dir := t.TempDir()
	voxels := clients * side * side * depth
	s := serve(t, dir, "--max-sessions", fmt.Sprint(clients), "--max-voxels", fmt.Sprint(side*side*depth), "--max-total-voxels", fmt.Sprint(voxels), "--cache", "0")
	list := newClients(t, s, dir, side, depth)
	alone := make([][]byte, clients)
	seen := map[[32]byte]int{}
	for i, c := range list {
		require.NoError(t, c.open(t.Context()))
		alone[i], err = c.run(t.Context())
		require.NoError(t, err, "client %d", i)
		if other, twice := seen[sha256.Sum256(alone[i])]; twice {
			require.Fail(t, "two clients expect the same answer, so a mix-up would not be noticed", "%d and %d", i, other)
		}
		seen[sha256.Sum256(alone[i])] = i
	}
	waits := load(t, list, alone, time.Now().Add(length))
	medians := make([]time.Duration, clients)
	for i, c := range list {
		slices.Sort(waits[i])
		medians[i] = waits[i][len(waits[i])/2]
		t.Logf("client %2d, %-18T %3d runs, wait: min %.2f s, median %.2f s, max %.2f s", i, c, len(waits[i]),
			waits[i][0].Seconds(), medians[i].Seconds(), waits[i][len(waits[i])-1].Seconds())
		c.close(t.Context())
	}
	peak, budget := s.memory("VmHWM"), int64(baseBytes+voxels*voxelBytes)
	t.Logf("%d voxels; peak memory %d MB of at most %d MB", voxels, peak>>20, budget>>20)
	require.LessOrEqual(t, peak, budget)
	require.NotContains(t, s.log.String(), "error:")
	if long {
		require.LessOrEqual(t, slices.Max(medians), 3*slices.Min(medians), "median waits")
	}
}

// load lets all clients run at once until the given time, but at least three times each, and returns how long each waited.
func load(t *testing.T, list []annotator, alone [][]byte, end time.Time) [][]time.Duration {
	const least = 3
	waits := make([][]time.Duration, len(list))
	var group sync.WaitGroup
	for i, c := range list {
		group.Add(1)
		go func() {
			defer group.Done()
			for !t.Failed() && (len(waits[i]) < least || time.Now().Before(end)) {
				started := time.Now()
				got, err := c.run(t.Context())
				waits[i] = append(waits[i], time.Since(started))
				assert.NoError(t, err, "client %d", i)
				assert.True(t, bytes.Equal(alone[i], got), "client %d, run %d: another answer than when it was alone", i, len(waits[i]))
			}
		}()
	}
	group.Wait()
	require.False(t, t.Failed())
	return waits
}

// TestAThousandSessionsLeaveNothing opens sessions of all protocols, most of which are abandoned. Afterwards, the server has no
// more goroutines, open files or temporary files than before, and hardly more memory.
func TestAThousandSessionsLeaveNothing(t *testing.T) {
	const sessions, perRound = 1000, 20
	dir := t.TempDir()
	s := serve(t, dir, "--max-sessions", "64", "--idle-timeout", "300ms", "--liveness-timeout", "300ms", "--cache", "0")
	opened := newScan(2, shortSide, shortSlices)
	opened.put(t, dir)
	file, err := os.ReadFile(opened.path(dir))
	require.NoError(t, err)
	round := func() {
		ctx, leave := context.WithCancel(t.Context())
		defer leave() // drops open requests
		for n := range perRound {
			s.openAndDrop(ctx, n, opened, file)
		}
	}
	for range 5 { // fill pools and caches
		round()
	}
	goroutines, memory, handles, left := s.settled(), s.memory("VmRSS"), s.handles(), files(t, s.temp)
	for range sessions / perRound {
		round()
	}
	s.settled()
	require.Eventually(t, func() bool { // two equal counts may still be of a connection that is about to end
		http.DefaultClient.CloseIdleConnections()
		return int(s.number("go_goroutines")) <= goroutines
	}, 30*time.Second, 500*time.Millisecond, "goroutines")
	require.LessOrEqual(t, s.handles(), handles, "open files and connections")
	require.Equal(t, left, files(t, s.temp), "temporary files")
	require.Less(t, s.memory("VmRSS"), memory+32<<20, "bytes of memory; before: %d", memory)
	t.Logf("goroutines %d, handles %d, %d files, memory %d MB, then %d MB", goroutines, handles, len(left), memory>>20, s.memory("VmRSS")>>20)
}

// openAndDrop opens the n-th session of a round. One in four is closed properly.
func (s *served) openAndDrop(ctx context.Context, n int, c scan, file []byte) {
	polite := n%4 == 0
	switch n % 5 {
	case 0, 1:
		client := &nnClient{scan: c, url: s.nn}
		require.Eventually(s.t, func() bool { return client.open(ctx) == nil }, 30*time.Second, 20*time.Millisecond)
		if polite {
			client.close(ctx)
		}
	case 2:
		client := &snapClient{scan: c, url: s.snap}
		require.Eventually(s.t, func() bool { return client.open(ctx) == nil }, 30*time.Second, 20*time.Millisecond)
		if polite {
			client.close(ctx)
		}
	case 3:
		contentType, body, err := formBody(field{"files", "image.nii.gz", file})
		require.NoError(s.t, err)
		require.Eventually(s.t, func() bool {
			return ask(ctx, http.MethodPut, s.monai+"/session", body, "Content-Type", contentType).want(http.StatusOK) == nil
		}, 30*time.Second, 20*time.Millisecond)
	default:
		page := &pageClient{scan: c, url: s.page}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, page.at("/events"), nil)
		require.NoError(s.t, err)
		stream, err := http.DefaultClient.Do(r)
		require.NoError(s.t, err)
		s.t.Cleanup(func() { _ = stream.Body.Close() }) // the context ends it long before
	}
}

// settled waits until no session and no connection is left, and returns the number of goroutines.
func (s *served) settled() int {
	require.Eventually(s.t, func() bool {
		http.DefaultClient.CloseIdleConnections()
		return s.number("slmsam_sessions") == 0 && s.handles() < 40
	}, 30*time.Second, 50*time.Millisecond)
	last := int(s.number("go_goroutines"))
	require.Eventually(s.t, func() bool { // goroutines of connections end a little later
		http.DefaultClient.CloseIdleConnections()
		before := last
		last = int(s.number("go_goroutines"))
		return before == last
	}, 30*time.Second, 500*time.Millisecond)
	return last
}
