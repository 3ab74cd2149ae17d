package monailabel

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestDatastore stores images and label maps, reads them back, and removes an image, which goes to the trash.
func TestDatastore(t *testing.T) {
	c := start(t, nil)
	v := annotatetest.Ball(4, 8, 9)
	c.upload("b", v)
	c.upload("a", v)
	c.upload("a", v) // the same again
	require.Equal(t, "a", c.must(http.MethodPost, "/activelearning/first", "application/json", []byte("{}"))["id"])

	l := square(v, 2, 1, 2, 5)
	said := map[string]any{"label_info": []any{map[string]any{"name": "organ", "idx": 2}}}
	contentType, body := formOf(t, said, file{"label", "l.nii.gz", labelFile(t, ".nii.gz", l)})
	require.Equal(t, "a", c.must(http.MethodPut, "/datastore/label?image=a", contentType, body)["label"])
	require.FileExists(t, filepath.Join(c.dir, "labelsTr", "a.nii.gz"))
	require.Contains(t, c.must(http.MethodGet, "/datastore/label/info?label=a&tag=final", "", nil), "label_info")
	require.Equal(t, "b", c.must(http.MethodPost, "/activelearning/first", "application/json", nil)["id"])

	raw := make([]byte, len(v.Data))
	raw[7] = 5
	contentType, body = formOf(t, said, file{"label", "label.bin", raw})
	c.must(http.MethodPut, "/datastore/label/?image=b&tag=original", contentType, body)
	resp, out := c.do(http.MethodGet, "/datastore/label?label=b&tag=original", "", nil)
	require.Equal(t, `attachment; filename=b.nii.gz`, resp.Header.Get("Content-Disposition"))
	path := filepath.Join(t.TempDir(), "x.nii.gz")
	require.NoError(t, os.WriteFile(path, out, 0o600))
	back, err := volume.ReadLabelMap(path)
	require.NoError(t, err)
	require.EqualValues(t, 5, back.Data[7])

	c.must(http.MethodDelete, "/datastore/?id=a", "", nil)
	resp, _ = c.do(http.MethodGet, "/datastore/image?image=a", "", nil)
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	kept, err := os.ReadDir(filepath.Join(c.dir, ".slmsam", "trash"))
	require.NoError(t, err)
	require.Len(t, kept, 4, "nothing is deleted for good: the image, its label map, and what was stored about either")
	reviewed, err := os.ReadFile(filepath.Join(c.dir, "reviewed.csv"))
	require.NoError(t, err)
	require.Equal(t, "name,image,label\n", string(reviewed))
}

// TestClientsCannotReachOtherFiles checks that no image name, tag or data file named by a client leads to a file
// outside the datastore.
func TestClientsCannotReachOtherFiles(t *testing.T) {
	c := start(t, nil)
	v := annotatetest.Ball(3, 4, 5)
	secret := filepath.Join(filepath.Dir(c.dir), "secret.raw")
	require.NoError(t, os.WriteFile(secret, make([]byte, 60), 0o600))
	c.upload("fine", v)
	image := imageFile(t, v)
	for _, id := range []string{"../escaped", "/tmp/x", `..\x`, "a/b", ".hidden", "..", "", "a\x00b", strings.Repeat("x", 300)} {
		contentType, body := formOf(t, struct{}{}, file{"file", "x.nii.gz", image})
		resp, _ := c.do(http.MethodPut, "/datastore/?image="+url.QueryEscape(id), contentType, body)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, "%q", id)
		resp, _ = c.do(http.MethodGet, "/datastore/image?image="+url.QueryEscape(id), "", nil)
		require.Equal(t, http.StatusNotFound, resp.StatusCode, "%q", id)
	}
	for _, tag := range []string{"../x", "A", "a/b"} {
		contentType, body := formOf(t, struct{}{}, file{"label", "l.nii.gz", labelFile(t, ".nii.gz", square(v, 1, 1, 0, 2))})
		resp, _ := c.do(http.MethodPut, "/datastore/label?image=fine&tag="+url.QueryEscape(tag), contentType, body)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, tag)
	}
	for _, name := range []string{secret, "../secret.raw", "fine.nii.gz"} { // a header that names another file
		header := "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 5 4 3\nencoding: raw\ndata file: " + name + "\n\n"
		contentType, body := formOf(t, struct{}{}, file{"file", "x.nrrd", []byte(header)})
		resp, out := c.do(http.MethodPut, "/datastore/?image=stolen", contentType, body)
		require.Equal(t, http.StatusBadRequest, resp.StatusCode, "%s", out)
		require.NotContains(t, string(out), c.server.dir, "no path in an answer")
	}
	require.NoError(t, os.Symlink(secret, filepath.Join(c.dir, "link.nii.gz")))
	require.NotContains(t, c.must(http.MethodGet, "/datastore/?output=all", "", nil)["objects"], "link")
}
