package viewer

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/stretchr/testify/require"
)

// fuzzed passes a request to the handler, without a connection, and returns the status, which must not be 500.
func (p *testPage) fuzzed(t *testing.T, path, contentType string, body []byte) int {
	u, err := url.ParseRequestURI(path)
	if err != nil {
		t.Skip("not an address")
	}
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.URL, r.Host = u, "localhost"
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	p.Config.Handler.ServeHTTP(w, r)
	require.NotEqual(t, http.StatusInternalServerError, w.Code, w.Body.String())
	return w.Code
}

// FuzzChanges checks that no request for a change makes the server fail, and that the document can be read
// afterward.
func FuzzChanges(f *testing.F) {
	p := start(f, web.Guard{})
	for path, body := range map[string]any{
		"edits":       drawn(2, 4, 3),
		"undo":        map[string]any{"author": "me", "base": 9},
		"propagation": map[string]any{"author": "me", "direction": "forward", "first": 1, "end": 3},
		"review":      map[string]any{"author": "me", "reviewed": true},
		"suggestion":  map[string]any{"slice": 1, "box": []int{1, 1, 4, 3}, "clicks": []any{map[string]any{"x": 2, "y": 2}}},
	} {
		raw, err := json.Marshal(body)
		require.NoError(f, err)
		f.Add(path, raw)
	}
	for _, op := range []string{"absent", "forget", "accept", "remove"} {
		f.Add("edits", []byte(`{"op":"`+op+`","author":"me","object":1,"slice":2,"end":3}`))
	}
	f.Add("edits", []byte(`{"op":"object","author":"me","objects":{"1":{"name":"a","color":"#000000","locked":true}}}`))
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		p.fuzzed(t, scan+"/"+url.PathEscape(path), "application/json", body)
		w := httptest.NewRecorder()
		p.Config.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost"+scan+"/labels?format=.nrrd", nil))
		require.Equal(t, http.StatusOK, w.Code)
	})
}

// FuzzUploads checks that no file and no form of files makes the server fail, and that what is refused leaves
// nothing behind.
func FuzzUploads(f *testing.F) {
	p := start(f, web.Guard{})
	file, err := os.ReadFile(filepath.Join(p.dir, "scan.nii.gz"))
	require.NoError(f, err)
	f.Add("/api/volumes?name=a.nii.gz", "", file)
	f.Add("/api/volumes?name=..%2f..%2fa.nii", "", make([]byte, 400))
	f.Add("/api/volumes?name=a.nrrd", "", []byte("NRRD0004\ntype: short\ndimension: 3\nsizes: 2 2 2\nencoding: raw\n\n0123456789abcdef"))
	f.Add("/api/volumes?name=a.mha", "", []byte("ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n01234567"))
	f.Add("/api/series?name=x", "multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"1.dcm\"\r\n\r\nDICM\r\n--x--"))
	names := func(t testing.TB) (out []string) {
		entries, err := os.ReadDir(p.dir)
		require.NoError(t, err)
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	above, err := os.ReadDir(filepath.Dir(p.dir))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, path, contentType string, body []byte) {
		if !strings.HasPrefix(path, "/api/volumes?") && !strings.HasPrefix(path, "/api/series?") {
			t.Skip("not an upload")
		}
		before := names(t)
		status := p.fuzzed(t, path, contentType, body)
		after := names(t)
		for _, name := range after {
			if !slices.Contains(before, name) {
				require.Equal(t, http.StatusCreated, status)
				require.NoError(t, os.RemoveAll(filepath.Join(p.dir, name)))
			}
		}
		outside, err := os.ReadDir(filepath.Dir(p.dir))
		require.NoError(t, err)
		require.Len(t, outside, len(above), "nothing is written beside the folder")
	})
}
