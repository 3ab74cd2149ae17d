package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"

	"github.com/seed-6f79f512/slmsam/volume"
)

// nnClient does what napari's plugin does.
type nnClient struct {
	scan
	url, lease string
}

func (c *nnClient) post(ctx context.Context, path, meta string, body any) answer {
	return ask(ctx, http.MethodPost, c.url+path, body, "X-Lease-Token", c.lease, "X-Meta", meta)
}

func (c *nnClient) open(ctx context.Context) error {
	a := c.post(ctx, "/claim", "", nil)
	if err := a.want(http.StatusOK); err != nil {
		return err
	}
	var claim struct {
		Token string `json:"lease_token"`
	}
	if err := json.Unmarshal(a.body, &claim); err != nil {
		return err
	}
	c.lease = claim.Token
	raw := make([]byte, 0, 4*len(c.v.Data))
	for _, x := range c.v.Data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	d := c.v.Dim
	if err := c.post(ctx, "/set_image", `{"image_properties":{"spacing":[3,1,1]}}`, storedArray("float32", 4, raw, 1, d[2], d[1], d[0])).want(http.StatusOK); err != nil {
		return err
	}
	return c.post(ctx, "/set_target_buffer", "", map[string]any{"shape": []int{d[2], d[1], d[0]}, "dtype": "uint8"}).want(http.StatusOK)
}

func (c *nnClient) run(ctx context.Context) ([]byte, error) {
	if err := c.post(ctx, "/reset_interactions", "", nil).want(http.StatusOK); err != nil {
		return nil, err
	}
	w, h := c.box[0][1]-c.box[0][0], c.box[1][1]-c.box[1][0]
	meta, err := json.Marshal(map[string]any{"include_interaction": true, "run_prediction": true,
		"interaction_bbox": [3][2]int{{c.slice, c.slice + 1}, c.box[1], c.box[0]}})
	if err != nil {
		return nil, err
	}
	a := c.post(ctx, "/add_lasso_interaction", string(meta), storedArray("uint8", 1, bytes.Repeat([]byte{1}, w*h), 1, h, w))
	return append([]byte(a.header.Get("X-Meta")), a.body...), a.want(http.StatusOK)
}

func (c *nnClient) close(ctx context.Context) { c.post(ctx, "/release", "", nil) }

// storedArray returns an array in nnInteractive's format, as one Blosc2 chunk that is stored without compression.
func storedArray(dtype string, element int, raw []byte, shape ...int) []byte {
	const header, flags = 32, 0x05 | 0x02 | 0x10
	out := append([]byte("NNIA"), 1, 1, byte(len(shape)), byte(len(dtype)))
	out = append(out, dtype...)
	for _, d := range shape {
		out = binary.LittleEndian.AppendUint64(out, uint64(d))
	}
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = binary.LittleEndian.AppendUint64(out, uint64(len(raw)))
	out = binary.LittleEndian.AppendUint64(out, uint64(header+len(raw)))
	chunk := make([]byte, header)
	chunk[0], chunk[1], chunk[2], chunk[3] = 5, 1, flags, byte(element)
	for i, n := range []int{len(raw), len(raw), header + len(raw)} {
		binary.LittleEndian.PutUint32(chunk[4+4*i:], uint32(n))
	}
	return append(append(out, chunk...), raw...)
}

// monaiClient does what 3D Slicer's MONAI Label plugin does, on a volume of the served folder.
type monaiClient struct {
	scan
	url   string
	label []byte // a NRRD file
}

func (c *monaiClient) open(context.Context) error {
	dir, err := os.MkdirTemp("", "slmsam-test-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	labels := volume.NewLabelMap(c.v)
	for i, x := range c.mask() {
		labels.Data[i] = int32(x)
	}
	path := filepath.Join(dir, "label.nrrd")
	if err := volume.WriteLabelMap(path, labels, volume.WriteOptions{}); err != nil {
		return err
	}
	c.label, err = os.ReadFile(path)
	return err
}

func (c *monaiClient) run(ctx context.Context) ([]byte, error) {
	params := fmt.Sprintf(`{"label_info":[{"name":"tube","id":1}],"selected_label_name":"tube","client_id":%q}`, c.id)
	contentType, body, err := formBody(field{name: "params", data: []byte(params)}, field{"label", "label.nrrd", c.label})
	if err != nil {
		return nil, err
	}
	a := ask(ctx, http.MethodPost, c.url+"/infer/slmsam?output=image&image="+c.id, body, "Content-Type", contentType)
	return a.body, a.want(http.StatusOK)
}

func (c *monaiClient) close(context.Context) {}

// field is a field of a form; with a file name, it is a file.
type field struct {
	name, file string
	data       []byte
}

// formBody encodes a multipart form.
func formBody(fields ...field) (contentType string, body []byte, err error) {
	var out bytes.Buffer
	form := multipart.NewWriter(&out)
	for _, f := range fields {
		create := func() (io.Writer, error) { return form.CreateFormField(f.name) }
		if f.file != "" {
			create = func() (io.Writer, error) { return form.CreateFormFile(f.name, f.file) }
		}
		part, err := create()
		if err == nil {
			_, err = part.Write(f.data)
		}
		if err != nil {
			return "", nil, err
		}
	}
	err = form.Close()
	return form.FormDataContentType(), out.Bytes(), err
}

// snapClient does what ITK-SNAP does.
type snapClient struct {
	scan
	url, session string
}

// form returns a form with voxels, packed, and their grid.
func (c *snapClient) form(voxels []float32) (contentType string, body []byte, err error) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := binary.Write(z, binary.LittleEndian, voxels); err != nil {
		return "", nil, err
	}
	if err := z.Close(); err != nil {
		return "", nil, err
	}
	meta, err := json.Marshal(map[string]any{"dimensions": c.v.Dim, "spacing": []float64{1, 1, 3}, "components_per_pixel": 1})
	if err != nil {
		return "", nil, err
	}
	return formBody(field{"file", "file", packed.Bytes()}, field{name: "metadata", data: meta})
}

func (c *snapClient) post(ctx context.Context, path string, voxels []float32) answer {
	contentType, body, err := c.form(voxels)
	if err != nil {
		return answer{err: err}
	}
	return ask(ctx, http.MethodPost, c.url+path+c.session, body, "Content-Type", contentType)
}

func (c *snapClient) open(ctx context.Context) error {
	a := ask(ctx, http.MethodGet, c.url+"/v2/start_session", nil)
	if err := a.want(http.StatusOK); err != nil {
		return err
	}
	var started struct {
		ID string `json:"session_id"`
	}
	if err := json.Unmarshal(a.body, &started); err != nil {
		return err
	}
	c.session = started.ID
	return c.post(ctx, "/v2/upload_raw/", c.v.Data).want(http.StatusOK)
}

func (c *snapClient) run(ctx context.Context) ([]byte, error) {
	if err := ask(ctx, http.MethodGet, c.url+"/v2/reset_interactions/"+c.session, nil).want(http.StatusOK); err != nil {
		return nil, err
	}
	voxels := make([]float32, len(c.v.Data))
	for i, x := range c.mask() {
		voxels[i] = float32(x)
	}
	a := c.post(ctx, "/v2/process_lasso_interaction/", voxels)
	return a.body, a.want(http.StatusOK)
}

func (c *snapClient) close(ctx context.Context) {
	ask(ctx, http.MethodGet, c.url+"/v2/end_session/"+c.session, nil)
}
