package monailabel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"os"
	"path/filepath"
	"time"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/folder"
	"github.com/seed-6f79f512/slmsam/annotate/web"
	"github.com/seed-6f79f512/slmsam/volume"
)

// reply replies with a mask. The mask's value is 1, whatever the segment's number was, because Slicer pairs the n-th value
// with the n-th name. Every body has a Content-Length and is not chunked, because Slicer reads it without decoding chunks.
func (s *Server) reply(w http.ResponseWriter, q *inference, grid *volume.Volume, mask []uint8, took time.Duration) error {
	name, _ := q.params["selected_label_name"].(string)
	if name == "" {
		name, _ = q.params["label"].(string)
	}
	if name == "" {
		name = label
	}
	params := map[string]any{"label_names": map[string]int{name: 1}, "latencies": map[string]float64{"total": seconds(took)}}
	if q.output == "json" {
		web.JSON(w, http.StatusOK, params)
		return nil
	}
	labels := &volume.LabelMap{Dim: grid.Dim, Geom: grid.Geom, Data: make([]int32, len(mask))}
	for i, x := range mask {
		labels.Data[i] = int32(x)
	}
	extension, contentType := q.extension(), "application/octet-stream"
	if q.output == "dicom_seg" {
		if grid.Geom.DICOM == nil {
			return annotate.Inputf("the image is not a DICOM series, so the result cannot be a DICOM segmentation")
		}
		extension, contentType = ".dcm", "application/dicom"
		labels.Legend = map[int32]volume.Label{1: {Name: name}}
	}
	file, err := s.encode(labels, extension)
	if err != nil {
		return err
	}
	fileName := "result" + extension
	if q.output == "image" || q.output == "dicom_seg" {
		web.Attach(w, contentType, fileName)
		web.Bytes(w, http.StatusOK, contentType, file)
		return nil
	}
	return replyForm(w, params, fileName, file)
}

// replyForm replies with a form that has a part with params as JSON and a part with the result's file.
func replyForm(w http.ResponseWriter, params any, fileName string, file []byte) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	err = errors.Join(writePart(m, `form-data; name="params"`, "application/json", raw),
		writePart(m, `form-data; name="image"; filename="`+fileName+`"`, "application/octet-stream", file), m.Close())
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	web.Bytes(w, http.StatusOK, m.FormDataContentType(), body.Bytes())
	return nil
}

// encode returns a label map as the bytes of a file.
func (s *Server) encode(labels *volume.LabelMap, extension string) ([]byte, error) {
	dir, err := os.MkdirTemp(s.dir, "result-")
	if err != nil {
		return nil, fmt.Errorf("encode the result: %w", err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "result"+extension)
	if err := volume.WriteLabelMap(path, labels, volume.WriteOptions{}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// writePart adds a part to a form.
func writePart(m *multipart.Writer, disposition, contentType string, data []byte) error {
	part, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}, "Content-Type": {contentType}})
	if err != nil {
		return err
	}
	_, err = part.Write(data)
	return err
}

// readLabels reads an uploaded label map, which must be on the image's grid. OHIF sends voxels of one byte each, without a
// header.
func (s *Server) readLabels(u *upload, grid *volume.Volume) (*volume.LabelMap, error) {
	if u.raw {
		return readRaw(u.path, grid)
	}
	labels, err := folder.ReadLabelMap(u.path, s.backend.Limits().Voxels)
	if err != nil {
		return nil, err
	}
	if err := volume.CheckSameGrid(&volume.Volume{Dim: grid.Dim, Geom: grid.Geom, Path: "of the server"}, labels); err != nil {
		return nil, annotate.Inputf("the label map is not on the image's grid (%v voxels, the image has %v): export it on the image's geometry", labels.Dim, grid.Dim)
	}
	return labels, nil
}

// readRaw reads one byte per voxel of the grid, axis 0 fastest.
func readRaw(path string, grid *volume.Volume) (*volume.LabelMap, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the upload: %w", err)
	}
	n := grid.Dim[0] * grid.Dim[1] * grid.Dim[2]
	if len(raw) != n {
		return nil, annotate.Inputf("the label map has %d bytes, the image %d voxels", len(raw), n)
	}
	labels := &volume.LabelMap{Dim: grid.Dim, Geom: grid.Geom, Data: make([]int32, n)}
	for i, x := range raw {
		labels.Data[i] = int32(x)
	}
	return labels, nil
}

// sendFile replies with a file of this server.
func sendFile(w http.ResponseWriter, path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("send a file: %w", err)
	}
	defer f.Close()
	return web.File(w, f, name)
}
