package itksnap

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// snap sends what ITK-SNAP sends.
type snap struct {
	t   *testing.T
	url string
}

// start starts a server until the end of the test.
func start(t *testing.T, copier annotatetest.Copier, idle time.Duration) *snap {
	s := New(t.Context(), sessiontest.Backend(t, annotatetest.Limits, copier), Options{Idle: idle, Log: slog.New(slog.DiscardHandler)})
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &snap{t, server.URL}
}

// form returns an image as ITK-SNAP encodes it. If metadata is empty, it is what ITK-SNAP would send with the image.
func form(t testing.TB, dim [3]int, data []float32, metadata string) (contentType string, body []byte) {
	var file, out bytes.Buffer
	z := gzip.NewWriter(&file)
	require.NoError(t, binary.Write(z, binary.LittleEndian, data))
	require.NoError(t, z.Close())
	if metadata == "" {
		metadata = fmt.Sprintf(`{"dimensions":[%d,%d,%d],"spacing":[1,1,3],"components_per_pixel":1}`, dim[0], dim[1], dim[2])
	}
	m := multipart.NewWriter(&out)
	part, err := m.CreateFormFile("file", "image.gz")
	require.NoError(t, err)
	_, err = part.Write(file.Bytes())
	require.NoError(t, err)
	require.NoError(t, m.WriteField("metadata", metadata))
	require.NoError(t, m.Close())
	return m.FormDataContentType(), out.Bytes()
}

// do sends a request and returns the status and the JSON of the reply.
func (s *snap) do(method, path, contentType string, body []byte) (int, map[string]any) {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(body))
	require.NoError(s.t, err)
	r.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(r)
	require.NoError(s.t, err)
	defer resp.Body.Close()
	var reply map[string]any
	require.NoError(s.t, json.NewDecoder(resp.Body).Decode(&reply))
	return resp.StatusCode, reply
}

func (s *snap) get(path string) (int, map[string]any) { return s.do(http.MethodGet, path, "", nil) }

// session starts a session and returns its ID.
func (s *snap) session() string {
	status, reply := s.get("/v2/start_session/slmsam")
	require.Equal(s.t, http.StatusOK, status)
	return reply["session_id"].(string)
}

// mask unpacks a reply and checks that it has a byte per voxel.
func (s *snap) mask(status int, reply map[string]any, n int) []byte {
	require.Equal(s.t, http.StatusOK, status, reply)
	raw, err := base64.StdEncoding.DecodeString(reply["result"].(string))
	require.NoError(s.t, err)
	z, err := gzip.NewReader(bytes.NewReader(raw))
	require.NoError(s.t, err)
	mask, err := io.ReadAll(z)
	require.NoError(s.t, err)
	require.Len(s.t, mask, n)
	return mask
}

// TestASessionOfITKSNAP goes through a whole session: upload, points, reset, lassos, end.
func TestASessionOfITKSNAP(t *testing.T) {
	s := start(t, annotatetest.Copier{}, 0)
	id := s.session()
	v := annotatetest.Ball(9, 30, 32)
	n := len(v.Data)
	v.Data[0] = float32(math.NaN())
	contentType, body := form(t, v.Dim, v.Data, "")
	status, reply := s.do(http.MethodPost, "/upload_raw/"+id+"?filename=upload.nii.gz", contentType, body)
	require.Equal(t, http.StatusOK, status, reply)

	status, reply = s.get("/v2/process_point_interaction/" + id + "?point=16&point=15&point=4&foreground=true")
	clicked := s.mask(status, reply, n)
	at := 16 + 32*(15+30*4)
	require.Equal(t, byte(1), clicked[at])
	require.Equal(t, byte(1), clicked[at+32*30], "propagated to the next slice")
	status, reply = s.get("/v2/process_point_interaction/" + id + "?point=16&point=15&point=4&foreground=false")
	require.Equal(t, byte(0), s.mask(status, reply, n)[at])
	status, _ = s.get("/reset_interactions/" + id)
	require.Equal(t, http.StatusOK, status)

	lasso := make([]float32, n)
	for x := 5; x < 12; x++ {
		lasso[x+32*(7+30*2)] = 1
	}
	contentType, body = form(t, v.Dim, lasso, "")
	status, reply = s.do(http.MethodPost, "/process_lasso_interaction/"+id+"?foreground=true", contentType, body)
	mask := s.mask(status, reply, n)
	require.Equal(t, 6*7, bytes.Count(mask, []byte{1}), "the outline on slices 0 to 5")
	status, reply = s.do(http.MethodPost, "/process_lasso_interaction/"+id+"?foreground=false", contentType, body)
	require.Zero(t, s.mask(status, reply, n)[5+32*(7+30*2)])

	status, _ = s.get("/v2/end_session/" + id)
	require.Equal(t, http.StatusOK, status)
	status, _ = s.get("/reset_interactions/" + id)
	require.Equal(t, http.StatusNotFound, status)
}

// TestErrorsAreNever200 checks that bad requests get a client error, since ITK-SNAP takes any 200 for a result.
func TestErrorsAreNever200(t *testing.T) {
	s := start(t, annotatetest.Copier{}, 0)
	id := s.session()
	dim := [3]int{4, 5, 6}
	data := make([]float32, 120)
	contentType, body := form(t, dim, data, "")
	status, _ := s.do(http.MethodPost, "/process_lasso_interaction/"+id, contentType, body)
	require.Equal(t, http.StatusBadRequest, status, "before an image")
	status, reply := s.do(http.MethodPost, "/upload_raw/"+id, contentType, body)
	require.Equal(t, http.StatusOK, status, reply)
	for name, q := range map[string]struct {
		data     []float32
		metadata string
	}{
		"another size":  {data[:60], `{"dimensions":[4,5,3]}`},
		"too short":     {data[:60], `{"dimensions":[4,5,6]}`},
		"too long":      {data, `{"dimensions":[4,5,3]}`},
		"huge":          {data, `{"dimensions":[100000,100000,100000]}`},
		"overflow":      {data, `{"dimensions":[4294967296,4294967296,4294967296]}`},
		"negative":      {data, `{"dimensions":[-4,-5,6]}`},
		"no dimensions": {data, `{}`},
		"color":         {data, `{"dimensions":[4,5,2],"components_per_pixel":3}`},
		"text":          {data, `{"dimensions":"4"}`},
	} {
		contentType, body := form(t, dim, q.data, q.metadata)
		for _, path := range []string{"/process_lasso_interaction/", "/process_scribble_interaction/"} {
			status, reply := s.do(http.MethodPost, path+id, contentType, body)
			require.Equal(t, http.StatusBadRequest, status, "%s: %v", name, reply)
		}
	}
	for _, path := range []string{"/v2/start_session/other", "/v2/process_point_interaction/nope?point=1&point=1&point=1",
		"/v2/process_point_interaction/" + id + "?point=1&point=1", "/v2/process_point_interaction/" + id + "?point=9&point=1&point=1",
		"/v2/process_point_interaction/" + id + "?point=-1&point=1&point=1", "/v2/process_point_interaction/" + id + "?point=1e300&point=1&point=NaN",
		"/process_point_interaction/" + id + "?x=1&y=1&z=1&foreground=maybe", "/nothing"} {
		status, _ := s.get(path)
		require.True(t, status >= 400 && status < 500, "%s: %d", path, status)
	}
}

// TestIdleSessionsEnd checks that sessions end after the idle timeout and make room for new ones.
func TestIdleSessionsEnd(t *testing.T) {
	s := start(t, annotatetest.Copier{}, 50*time.Millisecond)
	for range 2 * annotatetest.Limits.Sessions {
		id := s.session()
		time.Sleep(100 * time.Millisecond)
		status, _ := s.get("/reset_interactions/" + id)
		require.Equal(t, http.StatusNotFound, status)
	}
	for range annotatetest.Limits.Sessions {
		s.session()
	}
	status, _ := s.get("/v2/start_session")
	require.Equal(t, http.StatusServiceUnavailable, status)
}

// FuzzUpload checks that no form makes the reader panic or accept more voxels than the form states.
func FuzzUpload(f *testing.F) {
	contentType, body := form(f, [3]int{2, 2, 2}, make([]float32, 8), "")
	f.Add(contentType, body)
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{}\r\n--x--"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		file, m, err := readForm(httptest.NewRecorder(), r, 1<<12)
		if err != nil {
			return
		}
		data, err := m.unpack(file, 1<<12)
		if err == nil {
			dim := m.dim()
			require.Len(t, data, dim[0]*dim[1]*dim[2])
		}
	})
}

// FuzzPoint checks that no query makes the server fail with an internal error.
func FuzzPoint(f *testing.F) {
	f.Add("point=1&point=1&point=1&foreground=true")
	f.Add("x=1&y=1&z=1")
	f.Fuzz(func(t *testing.T, query string) {
		s := New(t.Context(), sessiontest.Backend(t, annotatetest.Limits, annotatetest.Copier{}), Options{Log: slog.New(slog.DiscardHandler)})
		session, err := s.backend.Open(annotatetest.Ball(3, 4, 5))
		require.NoError(t, err)
		c, err := s.leases.Claim(&client{session: session, home: 2})
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodGet, "/v2/process_point_interaction/"+c.Token, nil)
		r.URL.RawQuery = query
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.NotEqual(t, http.StatusInternalServerError, w.Code)
	})
}
