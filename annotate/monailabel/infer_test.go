package monailabel

import (
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestPaintedSliceComesBackAsAVolume sends label maps the way 3D Slicer does: a painted slice first, then the result
// with corrections.
func TestPaintedSliceComesBackAsAVolume(t *testing.T) {
	c := start(t, nil)
	v := annotatetest.Ball(12, 20, 22)
	id := "case 1+\u00e9"
	c.upload(id, v)
	image := "slmsam?image=" + url.QueryEscape(id)

	drawn := square(v, 3, 5, 8, 12)
	paint(drawn, 4, 6, 1, 3) // another segment
	got := c.infer(image, scribbleParams(), file{"label", "/some where/m\u00e4sk.x.nii.gz", labelFile(t, ".nii.gz", drawn)})
	require.Empty(t, v.Geom.Diff(got.Geom))
	require.Equal(t, []int{2, 3, 4, 5, 6, 7, 8}, slicesWith(got, 1))
	require.Equal(t, map[int32]int{0: len(v.Data) - 7*16, 1: 7 * 16}, got.Counts())

	t.Run("a corrected slice of the result", func(t *testing.T) {
		second := volume.NewLabelMap(v)
		for i, x := range got.Data {
			second.Data[i] = 3 * x // the plugin put it into the segment
		}
		paint(second, 0, 7, 8, 12)
		paint(second, 3, 7, 2, 6)
		again := c.infer(image, scribbleParams(), file{"label", "x.nrrd", labelFile(t, ".nrrd", second)})
		require.Equal(t, square(v, 1, 0, 2, 6).Slice(2, 0), again.Slice(2, 9), "the correction propagates")
		require.Equal(t, got.Slice(2, 3), again.Slice(2, 3), "the first outline propagates the other way")
		require.Equal(t, again.Slice(2, 7), again.Slice(2, 10))
	})
	t.Run("a slice of the result emptied", func(t *testing.T) {
		c := start(t, nil)
		c.upload("x", v)
		first := c.infer("slmsam?image=x", scribbleParams(), file{"label", "x.nrrd", labelFile(t, ".nrrd", drawn)})
		for i, x := range first.Data {
			first.Data[i] = 3 * x
		}
		paint(first, 0, 8, 8, 12)
		again := c.infer("slmsam?image=x", scribbleParams(), file{"label", "x.nrrd", labelFile(t, ".nrrd", first)})
		require.NotContains(t, slicesWith(again, 1), 8)
		require.Contains(t, slicesWith(again, 1), 7)
	})
	t.Run("the same request again", func(t *testing.T) {
		require.Equal(t, got.Data, c.infer(image, scribbleParams(), file{"label", "x.nrrd", labelFile(t, ".nrrd", drawn)}).Data)
	})
}

// TestClicksAndSessions sends an image for a session, then clicks and a box on it, and checks that nothing is left
// on disk when the session has ended.
func TestClicksAndSessions(t *testing.T) {
	c := start(t, nil)
	v := annotatetest.Ball(9, 30, 32)
	contentType, body := formOf(t, struct{}{}, file{"files", "image.nii.gz", imageFile(t, v)})
	id := c.must(http.MethodPut, "/session/", contentType, body)["session_id"].(string)
	require.EqualValues(t, 3600, c.must(http.MethodGet, "/session/"+id, "", nil)["expiry"])

	click := map[string]any{"foreground": [][]int{{16, 15, 4}}, "background": [][]int{}, "label": "my organ"}
	got := c.infer("slmsam_click?image=never&session_id="+id, click)
	require.EqualValues(t, 1, got.Data[16+32*(15+30*4)])
	click["roi"] = []int{20, 10, 20, 10, 4, 4}
	click["foreground"] = nil
	got = c.infer("slmsam_click?image=&session_id="+id, click)
	require.EqualValues(t, 1, got.Data[15+32*(15+30*4)], "a box with descending ends")
	got = c.infer("slmsam_guess", struct{}{}, file{"file", "x.nii.gz", imageFile(t, v)})
	require.EqualValues(t, 1, got.Data[16+32*(15+30*4)])

	c.must(http.MethodDelete, "/session/"+id, "", nil)
	resp, _ := c.do(http.MethodGet, "/session/"+id, "", nil)
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	left, err := os.ReadDir(c.server.dir)
	require.NoError(t, err)
	require.Empty(t, left, "no upload stays on disk")
}
