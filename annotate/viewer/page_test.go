package viewer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/project"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// The size of the volume "scan".
const (
	width, height, depth = 8, 6, 5
	pixels               = width * height
)

// copier is a model that copies the nearest outline to every slice.
var copier = annotatetest.Copier{Reach: depth}

var quiet = slog.New(slog.DiscardHandler)

// testPage is a running server, with the folder that it serves.
type testPage struct {
	*httptest.Server
	t     testing.TB
	dir   string
	token string
}

// start serves a folder with the volume "scan" until the end of the test.
func start(t testing.TB, guard web.Guard) *testPage {
	dir := t.TempDir()
	require.NoError(t, volume.WriteVolume(filepath.Join(dir, "scan.nii.gz"), annotatetest.Ball(depth, height, width), volume.WriteOptions{}))
	f, err := folder.Open(dir, 1<<16)
	require.NoError(t, err)
	p, err := project.Open(f, copier, annotate.Limits{Voxels: 1 << 16, TotalVoxels: 1 << 16}, quiet)
	require.NoError(t, err)
	guard.Log, guard.Tokenless = quiet, Tokenless()
	s := httptest.NewServer(guard.Wrap(New(p, Options{UploadBytes: 1 << 16, Notice: "a test", Log: quiet})))
	t.Cleanup(func() {
		s.CloseClientConnections()
		s.Close()
		require.NoError(t, p.Close())
		require.NoError(t, f.Close())
	})
	return &testPage{Server: s, t: t, dir: dir, token: guard.Token}
}

// ask sends a request and returns the status and body of the reply. A body that is not bytes is sent as JSON. headers are
// names and values, in turn.
func (p *testPage) ask(method, path string, body any, headers ...string) (int, []byte) {
	raw, isBytes := body.([]byte)
	if !isBytes && body != nil {
		var err error
		raw, err = json.Marshal(body)
		require.NoError(p.t, err)
	}
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.URL+path, bytes.NewReader(raw))
	require.NoError(p.t, err)
	if p.token != "" {
		r.Header.Set("Authorization", "Bearer "+p.token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	answer, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	defer answer.Body.Close()
	out, err := io.ReadAll(answer.Body)
	require.NoError(p.t, err)
	return answer.StatusCode, out
}

// ok is ask for a request that must get the given status. It returns the body of the reply.
func (p *testPage) ok(status int, method, path string, body any) []byte {
	got, raw := p.ask(method, path, body)
	require.Equal(p.t, status, got, "%s %s: %s", method, path, raw)
	return raw
}

// drawn returns the edit that draws object 1 as a rectangle of w x h pixels.
func drawn(slice, w, h int) map[string]any {
	pix := make([]uint8, pixels)
	for y := range h {
		for x := range w {
			pix[(1+y)*width+1+x] = 1
		}
	}
	return map[string]any{"op": "draw", "author": "me", "slice": slice, "plane": project.EncodePlane(pix),
		"objects": map[int]project.Object{1: {Name: "kidney", Color: "#e69f00"}}}
}

const scan = "/api/volumes/scan"

// until reads events up to one that fits.
func until(t *testing.T, lines *bufio.Scanner, fits func(project.Event) bool) project.Event {
	for lines.Scan() {
		var e project.Event
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		if fits(e) {
			return e
		}
	}
	t.Fatal("the events ended")
	return project.Event{}
}
