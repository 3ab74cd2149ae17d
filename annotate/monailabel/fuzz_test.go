package monailabel

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/stretchr/testify/require"
)

// FuzzUploads checks that no form and no file name in it makes a request that keeps a file fail with an internal
// error, and that no upload is left behind or written elsewhere.
func FuzzUploads(f *testing.F) {
	c := start(f, nil)
	v := annotatetest.Ball(3, 6, 7)
	c.upload("a", v)
	label := labelFile(f, ".nrrd", square(v, 3, 1, 2, 5))
	for field, path := range map[string]string{"files": "/session", "file": "/datastore?image=b", "label": "/datastore/label?image=a&tag=mine"} {
		for _, name := range []string{"x.nrrd", "../../x.nii.gz", "x.bin"} {
			contentType, body := formOf(f, map[string]any{}, file{field, name, label})
			f.Add(path, contentType, body)
		}
	}
	f.Fuzz(func(t *testing.T, path, contentType string, body []byte) {
		if path == "" || path[0] != '/' {
			t.Skip("not an address")
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "http://localhost"+path, bytes.NewReader(body))
		if err != nil {
			t.Skip("not an address")
		}
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		c.server.ServeHTTP(w, r)
		require.NotEqual(t, http.StatusInternalServerError, w.Code, w.Body.String())
		uploads, err := os.ReadDir(c.server.dir)
		require.NoError(t, err)
		require.LessOrEqual(t, len(uploads), c.server.leases.Count(), "only sessions keep uploads")
		outside, err := filepath.Glob(filepath.Join(filepath.Dir(c.dir), "x*"))
		require.NoError(t, err)
		require.Empty(t, outside)
	})
}

// FuzzInfer checks that no form and no parameters make an inference fail with an internal error.
func FuzzInfer(f *testing.F) {
	c := start(f, nil)
	v := annotatetest.Ball(3, 6, 7)
	c.upload("a", v)
	for _, params := range []any{scribbleParams(), map[string]any{"foreground": [][]int{{1, 2, 1}}, "roi": []int{1, 2, 3, 4, 5, 6}}} {
		contentType, body := formOf(f, params, file{"label", "l.nrrd", labelFile(f, ".nrrd", square(v, 3, 1, 2, 5))})
		f.Add("slmsam", contentType, body)
		f.Add("slmsam_click", contentType, body)
	}
	f.Fuzz(func(t *testing.T, model, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/infer/x?image=a", strings.NewReader(string(body)))
		r.URL.Path = "/infer/" + strings.ReplaceAll(model, "/", "")
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		c.server.ServeHTTP(w, r)
		require.NotEqual(t, http.StatusInternalServerError, w.Code, w.Body.String())
	})
}

// FuzzParams checks that no JSON parameters make parsing panic, and that all strokes that come out of it are within
// the volume.
func FuzzParams(f *testing.F) {
	raw, err := json.Marshal(scribbleParams())
	require.NoError(f, err)
	f.Add(string(raw))
	f.Add(`{"foreground":[[1,2,3]],"background":[[1e300,-1,0.5]],"roi":[1,2,3,4,5,5]}`)
	v := annotatetest.Ball(3, 6, 7)
	f.Fuzz(func(t *testing.T, text string) {
		params, err := (&form{texts: map[string]string{"params": text}}).params()
		if err != nil {
			return
		}
		q := &inference{params: params}
		_, _ = q.labelIDs()
		q.extension()
		d, err := q.clicks(&opened{grid: v, home: 2})
		if err != nil {
			return
		}
		for i := range d.strokes {
			require.NoError(t, d.strokes[i].Check(v.Dim))
		}
	})
}
