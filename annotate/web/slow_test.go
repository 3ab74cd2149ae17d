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

func TestAnUploadMustGoOn(t *testing.T) {
	began := time.Now()
	b := &body{started: began}
	require.Equal(t, began.Add(silence), b.deadline(began))
	b.read = 100 // a byte now and then
	late := b.deadline(began.Add(silence - time.Second))
	require.Equal(t, began.Add(silence), late, "it does not get more time")
	b.read = 100 << 20
	now := began.Add(5 * time.Minute)
	require.Equal(t, now.Add(silence), b.deadline(now), "a slow line does")
}

// dial opens a connection and sends a request.
func dial(t *testing.T, server *httptest.Server, request string) net.Conn {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	return conn
}

func TestAClientThatDoesNotReadIsGivenUp(t *testing.T) {
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
		t.Fatal("the request still runs")
	}
}

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
		time.Sleep(100 * time.Millisecond) // in all, longer than the patience
		n, err := io.ReadFull(conn, part)
		got += n
		require.NoError(t, err)
	}
	rest, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.Greater(t, got+len(rest), size, "the reply and its header")
}

func TestTheBudgetOfUploads(t *testing.T) {
	b := NewBudget(100)
	request := func(length int64) *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.ContentLength = length
		return r
	}
	first, err := b.Take(request(60), 80)
	require.NoError(t, err)
	_, err = b.Take(request(-1), 80)
	require.ErrorIs(t, err, annotate.ErrFull, "one that does not say how long it is")
	second, err := b.Take(request(40), 80)
	require.NoError(t, err)
	first()
	first()
	_, err = b.Take(request(61), 80)
	require.ErrorIs(t, err, annotate.ErrFull, "given back twice counts once")
	second()
	_, err = b.Take(request(1000), 80) // refused when it is read
	require.NoError(t, err)
}
