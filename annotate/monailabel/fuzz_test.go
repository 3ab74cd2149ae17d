package monailabel

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/stretchr/testify/require"
)

// FuzzUploads holds that no form makes the server fail on the paths that keep a file, whatever name it gives, and that
// no upload stays behind.
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
		require.LessOrEqual(t, len(uploads), c.server.leases.Count(), "uploads of sessions only")
		outside, err := filepath.Glob(filepath.Join(filepath.Dir(c.dir), "x*"))
		require.NoError(t, err)
		require.Empty(t, outside)
	})
}
