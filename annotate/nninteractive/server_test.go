package nninteractive

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"testing"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// TestTheClientsBufferEqualsTheSession sends random interactions, and checks after each of them that the client's
// buffer, with replies pasted into it, equals the mask that the session holds.
func TestTheClientsBufferEqualsTheSession(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{}, Options{})
	c := connect(t, s, url)
	c.open(12, 40, 44)
	random := rand.New(rand.NewPCG(1, 2))
	within := func(n, size int) [2]int {
		lo := random.IntN(n - size)
		return [2]int{lo, lo + size}
	}
	nonempty := 0
	for step := range 150 {
		include, run := random.IntN(3) > 0, random.IntN(4) > 0
		k, j, i := random.IntN(12), within(40, 1+random.IntN(12)), within(44, 1+random.IntN(12))
		switch random.IntN(8) {
		case 0, 1:
			c.lasso([3][2]int{{k, k + 1}, j, i}, include, run)
		case 2: // another plane
			c.lasso([3][2]int{within(12, 4), j, {i[0], i[0] + 1}}, include, run)
		case 3:
			c.must("/add_point_interaction", nil, []byte(marshal(map[string]any{"coordinates": []int{k, j[0], i[0]}, "include_interaction": include, "run_prediction": run})))
		case 4:
			c.must("/add_bbox_interaction", nil, []byte(marshal(map[string]any{"bbox_coords": [3][2]int{{k, k + 1}, j, i}, "include_interaction": include, "run_prediction": run})))
		case 5:
			c.must("/undo", nil, nil)
		case 6:
			c.must("/predict", nil, []byte(`{"force_full_refine":false}`))
		case 7:
			seg := &array{dtype: "uint8", shape: c.shape[:], raw: make([]byte, len(c.buffer))}
			for n := range 30 {
				seg.raw[(k*40+j[0])*44+n] = uint8(random.IntN(3))
			}
			copy(c.buffer, seg.raw) // the client does this by itself
			c.must("/add_initial_seg_interaction", map[string]any{"run_prediction": run}, c.codec.pack(seg))
		}
		got := bytes.Clone(c.buffer)
		for i := range got {
			got[i] = min(got[i], 1) // values above 1 stay in the client's buffer until the next reply
		}
		require.Equal(t, c.state(), got, "after step %d", step)
		if bytes.Contains(got, []byte{1}) {
			nonempty++
		}
	}
	require.Greater(t, nonempty, 20, "steps after which the mask is not empty")
}

// TestRepliesAreTheSmallestBox checks that a reply contains only the box of voxels that changed.
func TestRepliesAreTheSmallestBox(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{}, Options{})
	c := connect(t, s, url)
	c.open(12, 40, 44)
	c.lasso([3][2]int{{5, 6}, {10, 20}, {12, 30}}, true, true)
	seg := &array{dtype: "uint8", shape: []int{1, 1, 1}, raw: []byte{1}}
	_, header, _ := c.do("/add_lasso_interaction", map[string]any{"include_interaction": false, "run_prediction": true,
		"interaction_bbox": [3][2]int{{7, 8}, {15, 16}, {20, 21}}}, c.codec.pack(seg))
	require.JSONEq(t, `{"ran_prediction":true,"bbox":[[7,11],[10,20],[12,30]],"dtype":"uint8","shape":[4,10,18]}`, header.Get(metaHeader),
		"slices 7 to 10 follow the corrected one: 7 and 8 lost a voxel, 9 and 10 are new")
}

// TestUndoGoesBackSeveralStepsButNotPastAReset undoes two lassos, then a third time, and once more after a reset.
func TestUndoGoesBackSeveralStepsButNotPastAReset(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{}, Options{})
	c := connect(t, s, url)
	c.open(12, 40, 44)
	empty := bytes.Clone(c.buffer)
	c.lasso([3][2]int{{5, 6}, {10, 20}, {12, 30}}, true, true)
	one := bytes.Clone(c.buffer)
	require.NotEqual(t, empty, one)
	c.lasso([3][2]int{{9, 10}, {1, 5}, {2, 9}}, true, true)
	c.must("/undo", nil, nil)
	require.Equal(t, one, c.buffer)
	c.must("/undo", nil, nil)
	require.Equal(t, empty, c.buffer)
	_, header, _ := c.do("/undo", nil, nil)
	require.JSONEq(t, `{"ran_prediction":false,"bbox":null}`, header.Get(metaHeader))
	c.lasso([3][2]int{{5, 6}, {10, 20}, {12, 30}}, true, true)
	c.must("/reset_interactions", nil, []byte("{}"))
	_, header, _ = c.do("/undo", nil, nil)
	require.JSONEq(t, `{"ran_prediction":false,"bbox":null}`, header.Get(metaHeader))
}

// TestInterimRepliesDuringAPrediction checks that clients known to accept interim replies (102) get them during a
// long prediction, and that others do not.
func TestInterimRepliesDuringAPrediction(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{Delay: 10 * time.Millisecond}, Options{Interim: 20 * time.Millisecond})
	c := connect(t, s, url)
	c.open(30, 20, 20)
	for agent, want := range map[string]bool{"python-httpx/0.28.1": true, "curl/8": true, "": false, "python-requests/2": false} {
		c.must("/reset_interactions", nil, nil)
		interim := 0
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{Got1xxResponse: func(code int, _ textproto.MIMEHeader) error {
			require.Equal(t, http.StatusProcessing, code)
			interim++
			return nil
		}})
		body := `{"coordinates":[5,10,10],"include_interaction":true}`
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/add_point_interaction", bytes.NewReader([]byte(body)))
		require.NoError(t, err)
		r.Header.Set(leaseHeader, c.token)
		r.Header.Set("User-Agent", agent)
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		resp.Body.Close()
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Equal(t, want, interim > 2, "%q: %d interim replies", agent, interim)
	}
}

// TestLeasesEndButNotDuringARequest checks that a prediction longer than the liveness timeout keeps its lease, that
// silence ends it, and that heartbeats alone do not prevent the idle timeout.
func TestLeasesEndButNotDuringARequest(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{Delay: 20 * time.Millisecond}, Options{Idle: time.Second, Liveness: 150 * time.Millisecond})
	c := connect(t, s, url)
	c.open(30, 20, 20)
	c.lasso([3][2]int{{5, 6}, {3, 9}, {3, 9}}, true, true) // takes four times the liveness timeout
	require.Contains(t, c.buffer, uint8(1))
	status, _, _ := c.do("/heartbeat", nil, nil)
	require.Equal(t, http.StatusOK, status)
	time.Sleep(300 * time.Millisecond)
	status, _, body := c.do("/heartbeat", nil, nil)
	require.Equal(t, http.StatusGone, status)
	require.JSONEq(t, `{"detail":"lease expired or unknown"}`, string(body))
	require.Zero(t, s.leases.Count())

	c = connect(t, s, url)
	last := 2.0
	for {
		status, _, body := c.do("/heartbeat", nil, []byte("{}"))
		if status == http.StatusGone {
			break
		}
		var left struct {
			Seconds float64 `json:"remaining_seconds"`
		}
		require.NoError(t, json.Unmarshal(body, &left))
		require.Less(t, left.Seconds, last, "a heartbeat does not postpone the idle timeout")
		last = left.Seconds
		time.Sleep(50 * time.Millisecond)
	}
}

// TestAClientThatGoesAwayStopsItsPrediction cancels a request in the middle of a prediction, and checks that the
// prediction ends, and that the session can be released.
func TestAClientThatGoesAwayStopsItsPrediction(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{Delay: 50 * time.Millisecond}, Options{})
	c := connect(t, s, url)
	c.open(30, 20, 20)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	body := `{"coordinates":[5,10,10],"include_interaction":true}`
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/add_point_interaction", bytes.NewReader([]byte(body)))
	require.NoError(t, err)
	r.Header.Set(leaseHeader, c.token)
	_, err = http.DefaultClient.Do(r)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	started := time.Now()
	_, header, _ := c.do("/predict", nil, nil)
	require.JSONEq(t, `{"ran_prediction":false,"bbox":null}`, header.Get(metaHeader), "nothing is queued")
	require.Less(t, time.Since(started), time.Second)

	c.do("/release", nil, nil)
	_, err = s.backend.Open(annotatetest.Ball(3, 10, 10))
	require.NoError(t, err)
}

// TestAFullServerSaysWhenToRetry checks the reply to a claim when all sessions are in use.
func TestAFullServerSaysWhenToRetry(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{}, Options{})
	for range annotatetest.Limits.Sessions {
		connect(t, s, url)
	}
	c := &mirror{t: t, url: url}
	status, header, _ := c.do("/claim", nil, nil)
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Equal(t, "10", header.Get("Retry-After"))
}

// TestBadRequestsAreExplained checks that bad requests get the right status and a reason.
func TestBadRequestsAreExplained(t *testing.T) {
	s, url := newServer(t, annotatetest.Copier{}, Options{})
	c := connect(t, s, url)
	status, _, _ := c.do("/add_point_interaction", nil, []byte(`{"coordinates":[1,1,1],"include_interaction":true}`))
	require.Equal(t, http.StatusBadRequest, status, "before an image")
	c.open(5, 20, 20)
	one := c.codec.pack(&array{dtype: "uint8", shape: []int{1, 1, 1}, raw: []byte{1}})
	const many = 1<<20 + 1 // one more than annotatetest.Limits accepts
	mask := func(box any) map[string]any {
		return map[string]any{"include_interaction": true, "interaction_bbox": box}
	}
	for name, q := range map[string]struct {
		path string
		meta any
		body []byte
		want int
	}{
		"no body":              {"/set_image", nil, nil, 400},
		"3-D image":            {"/set_image", nil, one, 400},
		"image too large":      {"/set_image", nil, make([]byte, 4*annotatetest.Limits.Voxels+overhead+1), 413},
		"too many voxels":      {"/set_image", nil, newCodec().pack(&array{dtype: "uint8", shape: []int{1, 1, 1, many}, raw: make([]byte, many)}), 400},
		"target without shape": {"/set_target_buffer", nil, []byte("{}"), 400},
		"target, float":        {"/set_target_buffer", nil, []byte(`{"shape":[5,20,20],"dtype":"float32"}`), 400},
		"target, fractional":   {"/set_target_buffer", nil, []byte(`{"shape":[5,20.5,20],"dtype":"uint8"}`), 400},
		"target, other shape":  {"/set_target_buffer", nil, []byte(`{"shape":[5,20,21],"dtype":"uint8"}`), 400},
		"box outside":          {"/add_lasso_interaction", mask([][]int{{9, 10}, {0, 1}, {0, 1}}), one, 400},
		"box of two axes":      {"/add_lasso_interaction", mask([][]int{{0, 1}, {0, 1}}), one, 400},
		"box of another size":  {"/add_lasso_interaction", mask([][]int{{0, 1}, {0, 1}, {0, 2}}), one, 400},
		"no include":           {"/add_lasso_interaction", nil, one, 400},
		"3-D box":              {"/add_bbox_interaction", nil, []byte(`{"bbox_coords":[[0,2],[0,2],[0,2]],"include_interaction":true}`), 400},
		"two coordinates":      {"/add_point_interaction", nil, []byte(`{"coordinates":[0,2],"include_interaction":true}`), 400},
		"coordinates as text":  {"/add_point_interaction", nil, []byte(`{"coordinates":["a",0,2],"include_interaction":true}`), 400},
		"unknown path":         {"/nothing", nil, nil, 404},
	} {
		status, _, body := c.do(q.path, q.meta, q.body)
		require.Equal(t, q.want, status, "%s: %s", name, body)
		require.Contains(t, string(body), `"detail"`, name)
	}
	status, _, _ = c.do("/add_point_interaction", nil, []byte(`{"coordinates":[1e300,-1e300,0.5],"include_interaction":true}`))
	require.Equal(t, http.StatusOK, status, "a point outside is moved to the border")
}

// FuzzPrompts checks that no prompt makes the server fail with an internal error.
func FuzzPrompts(f *testing.F) {
	f.Add("/add_point_interaction", `{"coordinates":[1,2,3],"include_interaction":true}`, `{}`)
	f.Add("/add_bbox_interaction", `{"bbox_coords":[[1,2],[2,6],[2,7]],"include_interaction":false}`, `{}`)
	f.Add("/add_lasso_interaction", "NNIA", `{"include_interaction":true,"interaction_bbox":[[1,2],[2,3],[4,5]]}`)
	f.Add("/set_target_buffer", `{"shape":[4,8,9],"dtype":"int64"}`, `{}`)
	f.Fuzz(func(t *testing.T, path, body, meta string) {
		backend := sessiontest.Backend(t, annotatetest.Limits, annotatetest.Copier{})
		s := New(t.Context(), backend, Options{Log: slog.New(slog.DiscardHandler)})
		v := annotatetest.Ball(4, 8, 9)
		session, err := backend.Open(v)
		require.NoError(t, err)
		n := len(v.Data)
		held, err := s.leases.Claim(&client{&canvas{session: session, shape: [3]int{4, 8, 9}, home: 2,
			target: &target{dtype: "uint8", sent: make([]uint8, n), next: make([]uint8, n)}}})
		require.NoError(t, err)
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader([]byte(body)))
		r.URL.Path = path
		r.Header.Set(leaseHeader, held.Token)
		r.Header.Set(metaHeader, meta)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		require.NotEqual(t, http.StatusInternalServerError, w.Code, w.Body.String())
	})
}
