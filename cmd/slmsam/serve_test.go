package main

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Tests listen on ports below those that systems give to connections and to listeners on port 0 (from 32768 on), one of which
// could take a port before the server that it is for starts.
const firstPort, endPort = 20000, 32768

// nextPort is where freePort looks next.
var nextPort = firstPort + rand.IntN(endPort-firstPort)

// freePort returns a port that nobody is listening on, another one each time.
func freePort(t *testing.T) string {
	t.Helper()
	for range endPort - firstPort {
		port := strconv.Itoa(nextPort)
		nextPort = max(firstPort, (nextPort+1)%endPort)
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			require.NoError(t, l.Close())
			return port
		}
	}
	require.Fail(t, "no free port")
	return ""
}

// get returns the status of a request, or 0 if nobody is listening.
func get(t *testing.T, url, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp.StatusCode
}

// TestServe starts every server, with and without a token, and checks what they let through and that they end with the context.
func TestServe(t *testing.T) {
	dir, temporary := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temporary)
	main, nn, monai, snap := freePort(t), freePort(t), freePort(t), freePort(t)
	base := "http://127.0.0.1:"
	args := []string{"serve", dir, "--device", "cpu", "--listen", "127.0.0.1:" + main, "--nninteractive-port", nn,
		"--monailabel-port", monai, "--itksnap-port", snap}
	for _, c := range []struct {
		name  string
		flags []string
		open  int // status without a token
		token string
	}{
		{"this machine only", nil, http.StatusOK, ""},
		{"with a token", []string{"--token", "sesame"}, http.StatusUnauthorized, "sesame"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			code := make(chan int, 1)
			go func() { code <- run(ctx, append(args, c.flags...), io.Discard, io.Discard) }()
			require.Eventually(t, func() bool { return get(t, base+main+"/healthz", "") == http.StatusOK }, 20*time.Second, 50*time.Millisecond)
			require.Equal(t, http.StatusOK, get(t, base+nn+"/healthz", ""))
			require.Equal(t, c.open, get(t, base+nn+"/capabilities", ""))
			require.Equal(t, http.StatusOK, get(t, base+nn+"/capabilities", c.token))
			require.Equal(t, http.StatusOK, get(t, base+monai+"/auth/", ""))
			require.Equal(t, c.open, get(t, base+monai+"/info/", ""))
			require.Equal(t, http.StatusOK, get(t, base+monai+"/info/", c.token))
			require.Equal(t, http.StatusOK, get(t, base+snap+"/status", ""))
			require.Equal(t, c.open, get(t, base+main+"/metrics", ""))
			require.Equal(t, http.StatusOK, get(t, base+main+"/metrics", c.token))
			cancel()
			require.Equal(t, exitDone, <-code)
			require.Zero(t, get(t, base+nn+"/healthz", ""))
		})
	}
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	require.Empty(t, left, "temporary folders of uploads")
}

// TestServeRefuses checks that serving other machines needs a token, and that wrong flags are refused.
func TestServeRefuses(t *testing.T) {
	free := []string{"serve", "--device", "cpu", "--nninteractive-port", "0", "--monailabel-port", "0", "--itksnap-port", "0"}
	for want, flags := range map[string][]string{
		"--token":                   {"--listen", "0.0.0.0:0"},
		"want HOST:PORT":            {"--listen", "8080"},
		"no such file or directory": {"--listen", "127.0.0.1:0", filepath.Join(t.TempDir(), "nothing")},
		"at least 1":                {"--max-sessions", "0"},
	} {
		o := slmsamRun(append(free, flags...)...)
		require.NotEqual(t, exitDone, o.code)
		require.Contains(t, o.errors, want)
	}
}
