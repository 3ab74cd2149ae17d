package monailabel

import (
	"net/http"
	"os"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/volume"
	"github.com/stretchr/testify/require"
)

// TestInfoHasWhatThePluginsNeed checks the parts of /info that the plugins of 3D Slicer and OHIF read.
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

// TestBadRequestsAreExplainedAndLeaveNothing checks that bad requests get the right status and a reason, and that
// their uploads are removed.
func TestBadRequestsAreExplainedAndLeaveNothing(t *testing.T) {
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
		"unknown model":                {"POST", "/infer/none?image=a", nil, nil, 404},
		"unknown image":                {"POST", "/infer/slmsam?image=b", scribbleParams(), []file{good}, 404},
		"no image":                     {"POST", "/infer/slmsam", scribbleParams(), []file{good}, 400},
		"unknown session":              {"POST", "/infer/slmsam?image=a&session_id=x", scribbleParams(), []file{good}, 404},
		"no label map":                 {"POST", "/infer/slmsam?image=a", scribbleParams(), nil, 400},
		"empty label map":              {"POST", "/infer/slmsam?image=a", scribbleParams(), []file{empty}, 400},
		"another grid":                 {"POST", "/infer/slmsam?image=a", scribbleParams(), []file{small}, 400},
		"no such label":                {"POST", "/infer/slmsam?image=a", nobody, []file{good}, 400},
		"params, not an object":        {"POST", "/infer/slmsam?image=a", []int{1}, []file{good}, 400},
		"huge":                         {"POST", "/infer/slmsam?image=a", scribbleParams(), []file{{"label", "l.nrrd", []byte(huge)}}, 400},
		"no click":                     {"POST", "/infer/slmsam_click?image=a", struct{}{}, nil, 400},
		"two coordinates":              {"POST", "/infer/slmsam_click?image=a", map[string]any{"foreground": [][]int{{1, 2}}}, nil, 400},
		"coordinates as text":          {"POST", "/infer/slmsam_click?image=a", map[string]any{"foreground": "x"}, nil, 400},
		"dicom_seg":                    {"POST", "/infer/slmsam?image=a&output=dicom_seg", scribbleParams(), []file{good}, 400},
		"unreadable":                   {"PUT", "/datastore/?image=c", struct{}{}, []file{{"file", "x.nii.gz", []byte("\x1f\x8bnothing")}}, 400},
		"a different image, same name": {"PUT", "/datastore/?image=a", struct{}{}, []file{{"file", "x.nii.gz", imageFile(t, annotatetest.Ball(5, 8, 9))}}, 400},
		"two files":                    {"PUT", "/datastore/?image=c", struct{}{}, []file{{"file", "x.nii.gz", nil}, {"file", "y.nii.gz", nil}}, 400},
		"label.bin of a wrong size":    {"PUT", "/datastore/label?image=a", nil, []file{{"label", "label.bin", make([]byte, 5)}}, 400},
		"unknown strategy":             {"POST", "/activelearning/none", nil, nil, 404},
		"no trainer":                   {"POST", "/train/slmsam", nil, nil, 404},
		"nothing runs":                 {"GET", "/train/?check_if_running=true", nil, nil, 404},
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
