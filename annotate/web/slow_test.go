package web

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/stretchr/testify/require"
)

// TestAnUploadMustKeepGoing checks how the deadline of an upload moves: with silence, a byte now and then, and a
// slow but steady connection.
func TestAnUploadMustKeepGoing(t *testing.T) {
	began := time.Now()
	b := &body{started: began}
	require.Equal(t, began.Add(silence), b.deadline(began))
	b.read = 100 // a byte now and then is not enough
	late := b.deadline(began.Add(silence - time.Second))
	require.Equal(t, began.Add(silence), late, "no more time is granted")
	b.read = 100 << 20
	now := began.Add(5 * time.Minute)
	require.Equal(t, now.Add(silence), b.deadline(now), "a slow but steady connection gets more time")
}

// dial opens a connection and sends a request on it.
func dial(t *testing.T, server *httptest.Server, request string) net.Conn {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	return conn
}

// TestAClientThatDoesNotReadIsDropped checks that writing a reply to a client that does not read it fails after a
// while.
func TestAClientThatDoesNotReadIsDropped(t *testing.T) {
	ended := make(chan error, 1)
	g := Guard{patience: 200 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}
	server := httptest.NewServer(g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, err := w.Write(make([]byte, 64<<20))
		ended <- err
	})))
	defer server.Close()
	conn := dial(t, server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	defer conn.Close()
	select {
	case err := <-ended:
		require.Error(t, err)
	case <-time.After(20 * time.Second):
		t.Fatal("the request is still running")
	}
}

// TestASlowClientGetsItsWholeReply checks that a client that keeps reading is not dropped, although its reply takes
// longer than the server waits for a client that does not read.
func TestASlowClientGetsItsWholeReply(t *testing.T) {
	const size = 8 << 20
	g := Guard{patience: 500 * time.Millisecond, Log: slog.New(slog.DiscardHandler)}
	server := httptest.NewServer(g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	})))
	defer server.Close()
	conn := dial(t, server, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	defer conn.Close()
	part, got := make([]byte, size/8), 0
	for range 8 {
		time.Sleep(100 * time.Millisecond) // longer than the patience in total
		n, err := io.ReadFull(conn, part)
		got += n
		require.NoError(t, err)
	}
	rest, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Greater(t, got+len(rest), size, "the whole reply with its header")
}

// TestBudget checks that concurrent uploads share a number of bytes, and that an upload without a stated length
// counts as the longest one allowed.
func TestBudget(t *testing.T) {
	b := NewBudget(100)
	request := func(length int64) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.ContentLength = length
		return r
	}
	first, err := b.Take(request(60), 80)
	require.NoError(t, err)
	_, err = b.Take(request(-1), 80)
	require.ErrorIs(t, err, annotate.ErrFull, "an upload that does not state its length")
	second, err := b.Take(request(40), 80)
	require.NoError(t, err)
	first()
	first()
	_, err = b.Take(request(61), 80)
	require.ErrorIs(t, err, annotate.ErrFull, "releasing twice counts once")
	second()
	_, err = b.Take(request(1000), 80) // longer than allowed: refused when it is read, so only the limit counts
	require.NoError(t, err)
}
