package nninteractive

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/seed-6f79f512/slmsam/annotate/annotatetest"
	"github.com/seed-6f79f512/slmsam/annotate/session/sessiontest"
	"github.com/stretchr/testify/require"
)

// mirror does what nninteractive-client does: it keeps a buffer and pastes the replies into it.
type mirror struct {
	t      *testing.T
	url    string
	token  string
	codec  *codec
	shape  [3]int
	buffer []uint8
	server *Server
}

// newServer starts a server whose model copies outlines. It returns the server and its address.
func newServer(t *testing.T, copier annotatetest.Copier, o Options) (*Server, string) {
	o.Log = slog.New(slog.DiscardHandler)
	s := New(t.Context(), sessiontest.Backend(t, annotatetest.Limits, copier), o)
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	return s, web.URL
}

// connect claims a session.
func connect(t *testing.T, s *Server, url string) *mirror {
	c := &mirror{t: t, url: url, codec: newCodec(), server: s}
	var claim struct {
		Token string `json:"lease_token"`
	}
	require.NoError(t, json.Unmarshal(c.must("/claim", nil, nil), &claim))
	c.token = claim.Token
	return c
}

// open uploads a ball and sets an empty target buffer.
func (c *mirror) open(nk, nj, ni int) {
	v := annotatetest.Ball(nk, nj, ni)
	a := &array{dtype: "int16", shape: []int{1, nk, nj, ni}}
	for _, x := range v.Data {
		a.raw = binary.LittleEndian.AppendUint16(a.raw, uint16(int16(x)))
	}
	c.must("/set_image", map[string]any{"image_properties": map[string]any{"spacing": []float64{3, 1, 1}}}, c.codec.pack(a))
	c.shape, c.buffer = [3]int{nk, nj, ni}, make([]uint8, nk*nj*ni)
	c.must("/set_target_buffer", nil, []byte(`{"shape":`+marshal(c.shape)+`,"dtype":"uint8"}`))
}

func marshal(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// do sends a request with meta, if not nil, as the header of that name.
func (c *mirror) do(path string, meta any, body []byte) (int, http.Header, []byte) {
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+path, bytes.NewReader(body))
	require.NoError(c.t, err)
	r.Header.Set(leaseHeader, c.token)
	r.Header.Set("User-Agent", "python-httpx/0.28.1")
	if meta != nil {
		r.Header.Set(metaHeader, marshal(meta))
	}
	resp, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer resp.Body.Close()
	out, err := io.ReadAll(resp.Body)
	require.NoError(c.t, err)
	return resp.StatusCode, resp.Header, out
}

// must is do for a request that must succeed. It pastes the reply into the buffer and returns the body.
func (c *mirror) must(path string, meta any, body []byte) []byte {
	status, header, out := c.do(path, meta, body)
	require.Equal(c.t, http.StatusOK, status, "%s: %s", path, out)
	if raw := header.Get(metaHeader); raw != "" {
		c.paste(raw, out)
	}
	return out
}

// paste writes a reply into the buffer; raw is its meta header.
func (c *mirror) paste(raw string, body []byte) {
	var m promptReply
	require.NoError(c.t, json.Unmarshal([]byte(raw), &m))
	if !m.Ran || m.Box == nil {
		require.Empty(c.t, body)
		return
	}
	a, err := c.codec.unpack(body, vectorLimit)
	require.NoError(c.t, err)
	require.Equal(c.t, m.Shape, a.shape)
	b := *m.Box
	at := 0
	for k := b[0][0]; k < b[0][1]; k++ {
		for j := b[1][0]; j < b[1][1]; j++ {
			at += copy(c.buffer[(k*c.shape[1]+j)*c.shape[2]+b[2][0]:][:b[2][1]-b[2][0]], a.raw[at:])
		}
	}
	require.Equal(c.t, len(a.raw), at)
}

// state returns the mask that the server's session holds.
func (c *mirror) state() []uint8 {
	mask := make([]uint8, len(c.buffer))
	known, err := c.server.leases.With(c.t.Context(), c.token, func(_ context.Context, held *client) error {
		return held.canvas.session.Mask(object, mask)
	})
	require.True(c.t, known)
	require.NoError(c.t, err)
	return mask
}

// lasso adds a lasso that fills a box.
func (c *mirror) lasso(box [3][2]int, include, run bool) {
	a := &array{dtype: "uint8"}
	n := 1
	for _, b := range box {
		a.shape = append(a.shape, b[1]-b[0])
		n *= b[1] - b[0]
	}
	a.raw = bytes.Repeat([]byte{1}, n)
	c.must("/add_lasso_interaction", map[string]any{"include_interaction": include, "run_prediction": run, "interaction_bbox": box}, c.codec.pack(a))
}
