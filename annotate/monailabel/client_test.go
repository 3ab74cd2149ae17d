package monailabel

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/session/sessiontest"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// slicer sends what 3D Slicer's plugin sends.
type slicer struct {
	t      testing.TB
	url    string
	dir    string // the served folder
	server *Server
}

// start serves an empty folder with a model that copies outlines, until the end of the test. trainer may be nil.
func start(t testing.TB, trainer annotate.Trainer) *slicer {
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	f, err := folder.Open(dir, annotatetest.Limits.Voxels)
	require.NoError(t, err)
	guard := web.Guard{Local: true, Log: log}
	s, err := New(t.Context(), sessiontest.Backend(t, annotatetest.Limits, annotatetest.Copier{}), Options{Folder: f, Trainer: trainer, Guard: guard, Log: log})
	require.NoError(t, err)
	server := httptest.NewServer(guard.Wrap(s))
	t.Cleanup(func() {
		server.Close()
		require.NoError(t, s.Close())
		require.NoError(t, f.Close())
	})
	return &slicer{t, server.URL, dir, s}
}

// file is one file of a form.
type file struct {
	field, name string
	data        []byte
}

// formOf returns a form with parameters, as JSON, and files.
func formOf(t testing.TB, params any, files ...file) (contentType string, body []byte) {
	var out bytes.Buffer
	m := multipart.NewWriter(&out)
	raw, err := json.Marshal(params)
	require.NoError(t, err)
	require.NoError(t, m.WriteField("params", string(raw)))
	for _, f := range files {
		part, err := m.CreateFormFile(f.field, f.name)
		require.NoError(t, err)
		_, err = part.Write(f.data)
		require.NoError(t, err)
	}
	require.NoError(t, m.Close())
	return m.FormDataContentType(), out.Bytes()
}

// do sends a request without following redirects, like Slicer's client.
func (c *slicer) do(method, path, contentType string, body []byte) (*http.Response, []byte) {
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, bytes.NewReader(body))
	require.NoError(c.t, err)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return resp, out
}

// must is do for a request that must succeed. It decodes a JSON reply.
func (c *slicer) must(method, path, contentType string, body []byte) map[string]any {
	resp, out := c.do(method, path, contentType, body)
	require.Equal(c.t, http.StatusOK, resp.StatusCode, "%s %s: %s", method, path, out)
	var reply map[string]any
	if resp.Header.Get("Content-Type") == "application/json" {
		require.NoError(c.t, json.Unmarshal(out, &reply))
	}
	return reply
}

// encoded returns the bytes of a file that write writes.
func encoded(t testing.TB, ext string, write func(path string) error) []byte {
	path := filepath.Join(t.TempDir(), "file"+ext)
	require.NoError(t, write(path))
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return raw
}

// imageFile returns a volume as a NIfTI file.
func imageFile(t testing.TB, v *volume.Volume) []byte {
	return encoded(t, ".nii.gz", func(path string) error { return volume.WriteVolume(path, v, volume.WriteOptions{}) })
}

// labelFile returns a label map as a file of the format that ext names.
func labelFile(t testing.TB, ext string, l *volume.LabelMap) []byte {
	return encoded(t, ext, func(path string) error { return volume.WriteLabelMap(path, l, volume.WriteOptions{}) })
}

// upload puts an image into the datastore.
func (c *slicer) upload(id string, v *volume.Volume) {
	contentType, body := formOf(c.t, struct{}{}, file{"file", "x.nii.gz", imageFile(c.t, v)})
	require.Equal(c.t, id, c.must(http.MethodPut, "/datastore/?image="+url.QueryEscape(id), contentType, body)["image"])
}

// scribbleParams returns what Slicer sends along with a label map in which "my organ" is label 3.
func scribbleParams() map[string]any {
	return map[string]any{"roi": []int{}, "selected_label_name": "my organ", "result_extension": ".nrrd", "client_id": "a",
		"label_info": []map[string]any{{"name": background, "id": 1}, {"name": foreground, "id": 2}, {"name": "my organ", "id": 3}}}
}

// infer sends a request with files and returns the resulting label map, after checking the form of the reply.
func (c *slicer) infer(query string, params any, files ...file) *volume.LabelMap {
	contentType, body := formOf(c.t, params, files...)
	resp, out := c.do(http.MethodPost, "/infer/"+query, contentType, body)
	require.Equal(c.t, http.StatusOK, resp.StatusCode, "%s", out)
	require.Equal(c.t, int64(len(out)), resp.ContentLength)
	require.Empty(c.t, resp.TransferEncoding)
	kind, attributes, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	require.NoError(c.t, err)
	require.Equal(c.t, "multipart/form-data", kind)
	parts := multipart.NewReader(bytes.NewReader(out), attributes["boundary"])
	first, err := parts.NextPart()
	require.NoError(c.t, err)
	require.Equal(c.t, "params", first.FormName())
	require.Empty(c.t, first.FileName())
	require.Equal(c.t, "application/json", first.Header.Get("Content-Type"))
	second, err := parts.NextPart()
	require.NoError(c.t, err)
	require.Equal(c.t, "result.nrrd", second.FileName())
	raw, err := io.ReadAll(second)
	require.NoError(c.t, err)
	path := filepath.Join(c.t.TempDir(), "result.nrrd")
	require.NoError(c.t, os.WriteFile(path, raw, 0o600))
	l, err := volume.ReadLabelMap(path)
	require.NoError(c.t, err)
	return l
}

// square returns a label map on v's grid that holds value in the square from (lo,lo) to (hi,hi), exclusive, of slice k.
func square(v *volume.Volume, value int32, k, lo, hi int) *volume.LabelMap {
	l := volume.NewLabelMap(v)
	paint(l, value, k, lo, hi)
	return l
}

// paint sets a square of a slice; see square.
func paint(l *volume.LabelMap, value int32, k, lo, hi int) {
	for j := lo; j < hi; j++ {
		for i := lo; i < hi; i++ {
			l.Data[i+l.Dim[0]*(j+l.Dim[1]*k)] = value
		}
	}
}

// slicesWith returns the slices that contain a value.
func slicesWith(l *volume.LabelMap, value int32) []int {
	var out []int
	for k := range l.Dim[2] {
		for _, x := range l.Slice(2, k) {
			if x == value {
				out = append(out, k)
				break
			}
		}
	}
	return out
}
