package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// served is slmsam serve as a process of its own, with all its ports.
type served struct {
	t                     *testing.T
	cmd                   *exec.Cmd
	page, nn, monai, snap string // addresses
	temp                  string // its folder for temporary files
	log                   *safeBuffer
	ended                 chan struct{}
}

// safeBuffer is a buffer that may be read while a process writes to it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// serve starts a server on dir and waits until it answers. It ends with the test.
func serve(t *testing.T, dir string, flags ...string) *served {
	t.Helper()
	ports := []string{freePort(t), freePort(t), freePort(t), freePort(t)}
	const base = "http://127.0.0.1:"
	s := &served{t: t, page: base + ports[0], nn: base + ports[1], monai: base + ports[2], snap: base + ports[3],
		temp: t.TempDir(), log: &safeBuffer{}, ended: make(chan struct{})}
	args := []string{"serve", dir, "--device", "cpu", "--listen", "127.0.0.1:" + ports[0], "--nninteractive-port", ports[1],
		"--monailabel-port", ports[2], "--itksnap-port", ports[3]}
	s.cmd = program(t, append(args, flags...)...)
	s.cmd.Env = append(s.cmd.Env, "TMPDIR="+s.temp)
	s.cmd.Stderr = s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // it does not outlive a test that panics
	require.NoError(t, s.cmd.Start())
	go func() {
		_ = s.cmd.Wait() // it is usually killed
		close(s.ended)
	}()
	t.Cleanup(s.kill)
	for _, url := range []string{s.page, s.nn, s.monai, s.snap} {
		require.Eventually(t, func() bool { return s.over() || get(t, url+"/healthz", "") != 0 }, 60*time.Second, 10*time.Millisecond, s.log)
		require.False(t, s.over(), s.log)
	}
	return s
}

// over reports whether the process has ended.
func (s *served) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// kill ends the process at once, without giving it a chance to clean up.
func (s *served) kill() {
	_ = s.cmd.Process.Kill() // it may have ended already
	<-s.ended
}

// answer is a server's response.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error // of the connection
}

// ask sends a request. A body other than bytes is sent as JSON. headers are pairs of a name and a value.
func ask(ctx context.Context, method, url string, body any, headers ...string) answer {
	raw, isBytes := body.([]byte)
	if !isBytes && body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return answer{err: err}
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(raw))
	if err != nil {
		return answer{err: err}
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, out, err}
}

// want returns an error unless the status is the given one.
func (a answer) want(status int) error {
	if a.err != nil {
		return a.err
	}
	if a.status != status {
		return fmt.Errorf("status %d, want %d: %.300s", a.status, status, a.body)
	}
	return nil
}

// number returns one of the server's metrics.
func (s *served) number(name string) (value float64) {
	a := ask(s.t.Context(), http.MethodGet, s.page+"/metrics", nil)
	require.NoError(s.t, a.want(http.StatusOK))
	for line := range strings.Lines(string(a.body)) {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			_, err := fmt.Sscan(rest, &value)
			require.NoError(s.t, err)
			return value
		}
	}
	require.Fail(s.t, "no metric "+name)
	return 0
}

// memory returns a line of the process's status, such as VmRSS, in bytes.
func (s *served) memory(name string) (bytes int64) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	require.NoError(s.t, err)
	_, rest, found := strings.Cut(string(raw), name+":")
	require.True(s.t, found)
	_, err = fmt.Sscan(rest, &bytes)
	require.NoError(s.t, err)
	return bytes << 10
}

// handles returns how many files and connections the process has open.
func (s *served) handles() int {
	list, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.cmd.Process.Pid))
	require.NoError(s.t, err)
	return len(list)
}

// files lists the files in a folder and below.
func files(t *testing.T, dir string) (list []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			list = append(list, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	}))
	return list
}
