package web

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/stretchr/testify/require"
)

// TestGuardDecidesWhoIsServed checks which combinations of host, origin and token are served, and with which status
// others are refused.
func TestGuardDecidesWhoIsServed(t *testing.T) {
	local := Guard{Local: true, Hosts: []string{"scanner"}, Origins: []string{"https://ohif.example"}}
	strict := Guard{}
	secret := Guard{Token: "sesame", Tokenless: []string{"/healthz"}}
	for name, c := range map[string]struct {
		guard  Guard
		host   string
		path   string
		header map[string]string
		want   int
	}{
		"a program":                    {strict, "127.0.0.1:8000", "/", nil, 200},
		"a program, by name":           {strict, "localhost:8000", "/", nil, 200},
		"IPv6":                         {strict, "[::1]:8000", "/", nil, 200},
		"an address, no port":          {strict, "10.0.0.7", "/", nil, 200},
		"a rebound name":               {strict, "evil.example:8000", "/", nil, 403},
		"a name like ours":             {strict, "localhost.evil.example", "/", nil, 403},
		"an allowed name":              {local, "Scanner:8000", "/", nil, 200},
		"the server's own page":        {strict, "localhost:8000", "/", map[string]string{"Origin": "http://localhost:8000"}, 200},
		"a page from elsewhere":        {strict, "localhost:8000", "/", map[string]string{"Origin": "https://evil.example"}, 403},
		"a page of another port":       {strict, "localhost:8000", "/", map[string]string{"Origin": "http://localhost:3000"}, 403},
		"the same, if allowed":         {local, "localhost:8000", "/", map[string]string{"Origin": "http://localhost:3000"}, 200},
		"an allowed page":              {local, "localhost:8000", "/", map[string]string{"Origin": "https://ohif.example"}, 200},
		"a file":                       {local, "localhost:8000", "/", map[string]string{"Origin": "null"}, 403},
		"a picture in a page":          {local, "localhost:8000", "/", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403},
		"a link":                       {local, "localhost:8000", "/", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200},
		"no token":                     {secret, "localhost", "/", nil, 401},
		"no token needed":              {secret, "localhost", "/healthz", nil, 200},
		"the token":                    {secret, "localhost", "/", map[string]string{"Authorization": "bearer sesame"}, 200},
		"another token":                {secret, "localhost", "/", map[string]string{"Authorization": "Bearer sesam"}, 401},
		"a password":                   {secret, "localhost", "/", map[string]string{"Authorization": "Basic sesame"}, 401},
		"any page, if all are allowed": {Guard{Origins: []string{"*"}}, "localhost", "/", map[string]string{"Origin": "https://any.example"}, 200},
	} {
		c.guard.Log = slog.New(slog.DiscardHandler)
		h := c.guard.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { Healthy(w, r) }))
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		r.Host = c.host
		for key, value := range c.header {
			r.Header.Set(key, value)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, c.want, w.Code, name)
		if c.want == 200 {
			require.Equal(t, c.header["Origin"], w.Header().Get("Access-Control-Allow-Origin"), name)
		}
	}
}

// get requests url and returns the response. Its body is closed at the end of the test.
func get(t *testing.T, url string) *http.Response {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// TestPreflight checks that an allowed page's preflight request is answered without a token.
func TestPreflight(t *testing.T) {
	g := Guard{Origins: []string{"https://ohif.example"}, Token: "x", Log: slog.New(slog.DiscardHandler)}
	r := httptest.NewRequest(http.MethodOptions, "/infer/x", nil)
	r.Host = "localhost"
	r.Header.Set("Origin", "https://ohif.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	w := httptest.NewRecorder()
	g.Wrap(http.NotFoundHandler()).ServeHTTP(w, r)
	require.Equal(t, http.StatusNoContent, w.Code)
	require.Contains(t, w.Header().Get("Access-Control-Allow-Headers"), "Content-Type")
}

// TestPanicsAreAnsweredAndLogged checks that a panic in a handler gets status 500, and that it is logged without the
// request's query, which may name a patient.
func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	var log bytes.Buffer
	g := Guard{Log: slog.New(slog.NewTextHandler(&log, nil))}
	server := httptest.NewServer(g.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("at the disco") })))
	defer server.Close()
	resp := get(t, server.URL+"/?name=Doe")
	require.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	require.Contains(t, log.String(), "disco")
	require.NotContains(t, log.String(), "Doe")
}

// TestAPanicBreaksOffAReply checks that after a panic in the middle of a reply, the client can tell that the reply
// is incomplete.
func TestAPanicBreaksOffAReply(t *testing.T) {
	g := Guard{Log: slog.New(slog.DiscardHandler)}
	server := httptest.NewServer(g.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1<<16))
		panic("at the disco")
	})))
	defer server.Close()
	resp := get(t, server.URL)
	_, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

// TestARefusedUploadSeesTheReply checks that a client that is still sending a large body receives the refusal rather
// than a broken connection.
func TestARefusedUploadSeesTheReply(t *testing.T) {
	g := Guard{Token: "x", Log: slog.New(slog.DiscardHandler)}
	server := httptest.NewServer(g.Wrap(http.NotFoundHandler()))
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, bytes.NewReader(make([]byte, 16<<20)))
	require.NoError(t, err)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	resp.Body.Close()
	require.Equal(t, http.StatusUnauthorized, resp.StatusCode)
}

// TestAGetThatPromisesABodyIsAnswered checks that the server does not wait for the body of a request that does not
// need one.
func TestAGetThatPromisesABodyIsAnswered(t *testing.T) {
	g := Guard{Log: slog.New(slog.DiscardHandler)}
	server := httptest.NewServer(g.Wrap(http.HandlerFunc(Healthy)))
	defer server.Close()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(server.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	head := make([]byte, 15)
	_, err = io.ReadFull(conn, head)
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 200 OK", string(head))
}

// TestListeningBeyondThisMachineNeedsAToken checks which addresses may be listened on without a token, and the
// message for an address in use.
func TestListeningBeyondThisMachineNeedsAToken(t *testing.T) {
	for _, addr := range []string{"0.0.0.0:0", ":0", "[::]:0"} {
		_, err := Listen(addr, false)
		require.ErrorContains(t, err, "--token", addr)
	}
	_, err := Listen("nonsense", true)
	require.Error(t, err)
	l, err := Listen("127.0.0.1:0", false)
	require.NoError(t, err)
	defer l.Close()
	_, err = Listen(l.Addr().String(), false)
	require.ErrorContains(t, err, "another")
}

// TestServeFinishesRunningRequests stops a server during a request.
func TestServeFinishesRunningRequests(t *testing.T) {
	l, err := Listen("127.0.0.1:0", false)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		ended <- Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(started)
			time.Sleep(100 * time.Millisecond)
			Healthy(w, r)
		}))
	}()
	go func() {
		<-started
		cancel()
	}()
	require.Equal(t, http.StatusOK, get(t, "http://"+l.Addr().String()).StatusCode, "the request that was running is finished")
	require.NoError(t, <-ended)
}

// TestMetrics checks that requests are counted by status, and that gauges are printed.
func TestMetrics(t *testing.T) {
	m := &Metrics{}
	m.Gauge("slmsam_sessions_open", "Sessions.", func() int { return 3 })
	g := Guard{Name: "x", Metrics: m, Log: slog.New(slog.DiscardHandler)}
	for _, h := range []http.Handler{http.HandlerFunc(Healthy), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), http.NotFoundHandler()} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = "localhost"
		g.Wrap(h).ServeHTTP(httptest.NewRecorder(), r)
	}
	var b bytes.Buffer
	m.Write(&b)
	for _, line := range []string{`slmsam_requests_total{server="x",status="2xx"} 2`, `slmsam_requests_total{server="x",status="4xx"} 1`,
		`slmsam_requests_running{server="x"} 0`, "slmsam_sessions_open 3"} {
		require.Contains(t, b.String(), line+"\n")
	}
}

// TestFailChoosesTheStatus checks the status for each kind of error, and that clients see only the texts that are
// meant for them.
func TestFailChoosesTheStatus(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	full := &fs.PathError{Op: "write", Path: "/somewhere", Err: syscall.ENOSPC}
	for want, err := range map[int]error{400: annotate.Inputf("no"), 413: &http.MaxBytesError{Limit: 1}, 503: annotate.ErrFull, 507: full, 500: io.ErrUnexpectedEOF} {
		w := httptest.NewRecorder()
		Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), log, err)
		require.Equal(t, want, w.Code)
		require.Contains(t, w.Body.String(), `"detail"`)
		require.Equal(t, want == 503, w.Header().Get("Retry-After") != "")
		if want >= 500 && want != 503 {
			require.NotContains(t, w.Body.String(), err.Error())
		}
	}
	for _, err := range []error{annotate.ErrDeviceLost, annotate.ErrDeviceMemory} {
		w := httptest.NewRecorder()
		Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), log, fmt.Errorf("propagate: %w: the driver's words", err))
		require.Equal(t, 503, w.Code)
		require.Contains(t, w.Body.String(), err.Error())
		require.NotContains(t, w.Body.String(), "driver's words")
	}
}

// TestBodiesAreLimited checks the limits on bodies, in general and as JSON with extra room.
func TestBodiesAreLimited(t *testing.T) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("12345"))
	_, err := ReadAll(httptest.NewRecorder(), r, 4)
	var large *http.MaxBytesError
	require.ErrorAs(t, err, &large)
	text := strings.Repeat("x", jsonLimit)
	for room, fits := range map[int]bool{0: false, len(text): true} {
		var got string
		err := ReadJSONWith(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`"`+text+`"`)), room, &got)
		require.Equal(t, fits, err == nil)
		require.Equal(t, fits, got == text)
	}
}
