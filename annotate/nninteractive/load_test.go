package nninteractive

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// loadEnv is an environment variable that says how long the load test takes, such as 5m.
const loadEnv = "SLMSAM_LOAD"

// TestTwentyClientsAtOnce checks that, with all clients busy, every client's buffer equals what its session holds,
// and that all of them make similar progress.
func TestTwentyClientsAtOnce(t *testing.T) {
	const least = 5 // steps per client
	var length time.Duration
	if text := os.Getenv(loadEnv); text != "" {
		var err error
		length, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	const clients = 20
	limits := annotate.Limits{Sessions: clients, Voxels: 1 << 16, TotalVoxels: clients << 16}
	s := New(t.Context(), sessiontest.Backend(t, limits, annotatetest.Copier{}), Options{Log: slog.New(slog.DiscardHandler)})
	web := httptest.NewServer(s)
	defer web.Close()
	steps := make([]int, clients)
	end := time.Now().Add(length)
	var group sync.WaitGroup
	for n := range clients {
		group.Add(1)
		go func() {
			defer group.Done()
			random := rand.New(rand.NewPCG(uint64(n), 1))
			c := connect(t, s, web.URL)
			c.open(8, 20+n, 24)
			for ; (steps[n] < least || time.Now().Before(end)) && !t.Failed(); steps[n]++ {
				k, j := random.IntN(8), random.IntN(15)
				switch random.IntN(5) {
				case 0:
					c.must("/undo", nil, nil)
				case 1:
					c.must("/reset_interactions", nil, nil)
					clear(c.buffer)
				default:
					c.lasso([3][2]int{{k, k + 1}, {j, j + 4}, {n, n + 2}}, random.IntN(4) > 0, true)
				}
				if !bytes.Equal(c.buffer, c.state()) {
					t.Errorf("client %d, step %d: its buffer differs from what the session holds", n, steps[n])
				}
				for i, x := range c.buffer {
					if col := i % 24; x != 0 && (col < n || col >= n+2) {
						t.Errorf("client %d, step %d: its buffer has a voxel that it never drew", n, steps[n])
						break
					}
				}
			}
			c.do("/release", nil, nil)
		}()
	}
	group.Wait()
	require.Zero(t, s.leases.Count())
	fewest, most := slices.Min(steps), slices.Max(steps)
	t.Logf("%d to %d steps per client", fewest, most)
	require.LessOrEqual(t, most, 2*fewest, "the busiest client makes at most twice as many steps as the slowest")
}

// TestAThousandSessionsLeaveNothing checks that sessions that clients open and drop without a word are soon gone,
// and that their memory and room are free again.
func TestAThousandSessionsLeaveNothing(t *testing.T) {
	limits := annotate.Limits{Sessions: 40, Voxels: 1 << 16, TotalVoxels: 40 << 16}
	s := New(t.Context(), sessiontest.Backend(t, limits, annotatetest.Copier{}), Options{Liveness: 20 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	web := httptest.NewServer(s)
	defer web.Close()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var before uint64
	c := &mirror{t: t, url: web.URL, codec: s.codec, server: s}
	image := s.codec.pack(&array{dtype: "int16", shape: []int{1, 8, 40, 40}, raw: bytes.Repeat([]byte{1, 2}, 8*40*40)})
	for n := range 1000 {
		if n == 100 {
			before = heap()
		}
		var body []byte
		require.Eventually(t, func() (free bool) {
			body, free = c.attempt("/claim", nil)
			return free
		}, 20*time.Second, 5*time.Millisecond)
		if n%10 == 0 { // these get an image, too, if their lease lasts long enough
			var claim struct {
				Token string `json:"lease_token"`
			}
			require.NoError(t, json.Unmarshal(body, &claim))
			c.token = claim.Token
			c.attempt("/set_image", image)
		}
	}
	require.Eventually(t, func() bool { return s.leases.Count() == 0 }, 10*time.Second, 10*time.Millisecond)
	require.Less(t, heap(), before+4<<20, "bytes of memory")
	for range limits.Sessions {
		session, err := s.backend.Open(annotatetest.Ball(8, 40, 40))
		require.NoError(t, err)
		defer session.Close()
	}
}

// attempt sends a request and reports whether it succeeded.
func (c *mirror) attempt(path string, body []byte) ([]byte, bool) {
	status, _, out := c.do(path, nil, body)
	return out, status == http.StatusOK
}

// TestABrokenUploadChangesNothing drops the connection in the middle of an upload, and checks that the session keeps
// its previous image.
func TestABrokenUploadChangesNothing(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{}, Options{})
	c := connect(t, s, url)
	c.open(5, 20, 20)
	c.lasso([3][2]int{{2, 3}, {3, 9}, {3, 9}}, true, true)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(url, "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(conn, "POST /set_image HTTP/1.1\r\nHost: localhost\r\nX-Lease-Token: "+c.token+"\r\nContent-Length: 100000\r\n\r\nNNIA")
	require.NoError(t, err)
	time.Sleep(50 * time.Millisecond)
	require.NoError(t, conn.Close())
	require.Equal(t, c.buffer, c.state(), "the previous image is still there")
	c.must("/undo", nil, nil)
	require.NotContains(t, c.buffer, uint8(1))
}
