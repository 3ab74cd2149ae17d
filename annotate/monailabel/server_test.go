package monailabel

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

func TestInfoHasWhatThePluginsNeed(t *testing.T) {
	c := start(t, nil)
	for _, path := range []string{"/info", "/info/"} {
		info := c.must(http.MethodGet, path, "", nil)
		require.NotContains(t, info, "config")
		require.IsType(t, []any{}, info["labels"])
		kinds := []any{}
		for _, m := range info["models"].(map[string]any) {
			kinds = append(kinds, m.(map[string]any)["type"])
		}
		require.ElementsMatch(t, []any{"scribbles", "deepgrow", "segmentation"}, kinds)
	}
}

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
		require.Equal(t, square(v, 1, 0, 2, 6).Slice(2, 0), again.Slice(2, 9), "the correction is carried on")
		require.Equal(t, got.Slice(2, 3), again.Slice(2, 3), "and the first outline the other way")
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
	require.Empty(t, left, "no upload stays on the disk")
}

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
	require.Len(t, kept, 2, "nothing is deleted for good")
}

func TestNoPathOfAClientReachesTheDisk(t *testing.T) {
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

func TestBadRequestsGetATextAndLeaveNothing(t *testing.T) {
	c := start(t, nil)
	v := annotatetest.Ball(4, 8, 9)
	c.upload("a", v)
	good := file{"label", "l.nii.gz", labelFile(t, ".nii.gz", square(v, 3, 1, 2, 5))}
	empty := file{"label", "l.nii.gz", labelFile(t, ".nii.gz", volume.NewLabelMap(v))}
	small := file{"label", "l.nii.gz", labelFile(t, ".nii.gz", square(annotatetest.Ball(3, 8, 9), 3, 1, 2, 5))}
	huge := "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 2000 2000 2000\nencoding: gzip\n\n"
	nobody := scribbleParams()
	nobody["selected_label_name"] = "nobody"
	nobody["label_info"] = []map[string]any{{"name": "my organ", "id": 3}}
	for name, q := range map[string]struct {
		method, path string
		params       any
		files        []file
		want         int
	}{
		"unknown model":      {"POST", "/infer/none?image=a", nil, nil, 404},
		"unknown image":      {"POST", "/infer/slmsam?image=b", scribbleParams(), []file{good}, 404},
		"no image":           {"POST", "/infer/slmsam", scribbleParams(), []file{good}, 400},
		"unknown session":    {"POST", "/infer/slmsam?image=a&session_id=x", scribbleParams(), []file{good}, 404},
		"no label map":       {"POST", "/infer/slmsam?image=a", scribbleParams(), nil, 400},
		"empty label map":    {"POST", "/infer/slmsam?image=a", scribbleParams(), []file{empty}, 400},
		"another grid":       {"POST", "/infer/slmsam?image=a", scribbleParams(), []file{small}, 400},
		"no such label":      {"POST", "/infer/slmsam?image=a", nobody, []file{good}, 400},
		"params no object":   {"POST", "/infer/slmsam?image=a", []int{1}, []file{good}, 400},
		"huge":               {"POST", "/infer/slmsam?image=a", scribbleParams(), []file{{"label", "l.nrrd", []byte(huge)}}, 400},
		"no click":           {"POST", "/infer/slmsam_click?image=a", struct{}{}, nil, 400},
		"click of two":       {"POST", "/infer/slmsam_click?image=a", map[string]any{"foreground": [][]int{{1, 2}}}, nil, 400},
		"click of text":      {"POST", "/infer/slmsam_click?image=a", map[string]any{"foreground": "x"}, nil, 400},
		"dicom_seg":          {"POST", "/infer/slmsam?image=a&output=dicom_seg", scribbleParams(), []file{good}, 400},
		"unreadable":         {"PUT", "/datastore/?image=c", struct{}{}, []file{{"file", "x.nii.gz", []byte("\x1f\x8bnothing")}}, 400},
		"other bytes":        {"PUT", "/datastore/?image=a", struct{}{}, []file{{"file", "x.nii.gz", imageFile(t, annotatetest.Ball(5, 8, 9))}}, 400},
		"two files":          {"PUT", "/datastore/?image=c", struct{}{}, []file{{"file", "x.nii.gz", nil}, {"file", "y.nii.gz", nil}}, 400},
		"label.bin too long": {"PUT", "/datastore/label?image=a", nil, []file{{"label", "label.bin", make([]byte, 5)}}, 400},
		"unknown strategy":   {"POST", "/activelearning/none", nil, nil, 404},
		"no trainer":         {"POST", "/train/slmsam", nil, nil, 404},
		"nothing runs":       {"GET", "/train/?check_if_running=true", nil, nil, 404},
	} {
		contentType, body := formOf(t, q.params, q.files...)
		resp, out := c.do(q.method, q.path, contentType, body)
		require.Equal(t, q.want, resp.StatusCode, "%s: %s", name, out)
		require.Contains(t, string(out), `"detail"`, name)
	}
	resp, _ := c.do(http.MethodPost, "/infer/slmsam?image=a", "text/plain", []byte("x"))
	require.Equal(t, http.StatusBadRequest, resp.StatusCode)
	left, err := os.ReadDir(c.server.dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// slowTrainer trains until it is stopped.
type slowTrainer struct{ last *annotate.Training }

func (s *slowTrainer) Start(time.Duration) (annotate.Training, error) {
	switch {
	case s.last == nil:
		s.last = &annotate.Training{State: annotate.TrainingStopped}
		return annotate.Training{}, annotate.Inputf("nothing to learn from")
	case s.last.State == annotate.TrainingRuns:
		return annotate.Training{}, annotate.ErrTraining
	}
	s.last = &annotate.Training{ID: "1", State: annotate.TrainingRuns, Part: 0.1, Text: "step 1"}
	return *s.last, nil
}

func (s *slowTrainer) Stop() { s.last.State = annotate.TrainingStopped }

func (s *slowTrainer) Last() (annotate.Training, bool) {
	if s.last == nil {
		return annotate.Training{}, false
	}
	return *s.last, true
}

func TestTraining(t *testing.T) {
	c := start(t, &slowTrainer{})
	require.Contains(t, c.must(http.MethodGet, "/info/", "", nil)["trainers"], "slmsam")
	resp, _ := c.do(http.MethodGet, "/train/", "", nil)
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	resp, _ = c.do(http.MethodPost, "/train/slmsam", "application/json", []byte("{}"))
	require.Equal(t, http.StatusBadRequest, resp.StatusCode, "nothing to learn from")

	require.Equal(t, "RUNNING", c.must(http.MethodPost, "/train/slmsam", "application/json", []byte(`{"max_epochs":1}`))["status"])
	resp, _ = c.do(http.MethodPost, "/train/", "application/json", nil)
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	running := c.must(http.MethodGet, "/train/?check_if_running=true", "", nil)
	require.Equal(t, "RUNNING", running["status"])
	require.EqualValues(t, 0.1, running["part"])
	c.must(http.MethodDelete, "/train/", "", nil)
	require.Equal(t, "ERROR", c.must(http.MethodGet, "/train/", "", nil)["status"])
	resp, _ = c.do(http.MethodGet, "/train/?check_if_running=true", "", nil)
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
}

func TestDoubtfulImagesComeFirst(t *testing.T) {
	c := start(t, nil)
	v := annotatetest.Ball(12, 20, 22)
	c.upload("a", v)
	c.upload("b", v)
	require.Empty(t, c.must(http.MethodPost, "/activelearning/doubtful", "application/json", nil))
	c.infer("slmsam?image=b", scribbleParams(), file{"label", "x.nrrd", labelFile(t, ".nrrd", square(v, 3, 5, 8, 12))})
	next := c.must(http.MethodPost, "/activelearning/doubtful", "application/json", nil)
	require.Equal(t, "b", next["id"])
	require.EqualValues(t, 2, next["slice"], "the last slice that the copy reached")
}

// FuzzInfer holds that no form and no params make the server fail.
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

// FuzzParams holds the same for the JSON alone.
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
