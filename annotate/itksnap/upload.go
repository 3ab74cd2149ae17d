package itksnap

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/seed-6f79f512/slmsam/annotate/web"
)

// metadata is ITK-SNAP's description of an image.
type metadata struct {
	Dimensions []int     `json:"dimensions"`
	Spacing    []float64 `json:"spacing"` // mm
	Components *int      `json:"components_per_pixel"`
}

// metadataLimit bounds the metadata, and everything in a form besides the voxels, in bytes.
const metadataLimit = 1 << 16

// dim returns the size in file order. A two-dimensional image has one slice.
func (m *metadata) dim() [3]int {
	dim := [3]int{1, 1, 1}
	copy(dim[:], m.Dimensions)
	return dim
}

// spacing returns the spacing in file order. Missing or invalid values become 1.
func (m *metadata) spacing() [3]float64 {
	out := [3]float64{1, 1, 1}
	for axis := range min(3, len(m.Spacing)) {
		if mm := m.Spacing[axis]; mm > 0 && !math.IsInf(mm, 0) {
			out[axis] = mm
		}
	}
	return out
}

// voxels returns the number of voxels, or an InputError if it exceeds limit.
func (m *metadata) voxels(limit int) (int, error) {
	if len(m.Dimensions) != 3 && len(m.Dimensions) != 2 {
		return 0, annotate.Inputf("the metadata has %d dimensions, want 3", len(m.Dimensions))
	}
	if m.Components != nil && *m.Components != 1 {
		return 0, annotate.Inputf("the image has %d components per pixel, want 1", *m.Components)
	}
	n := 1
	for _, d := range m.Dimensions {
		if d <= 0 || d > limit/n {
			return 0, annotate.Inputf("the dimensions %v are not those of an image of at most %d voxels", m.Dimensions, limit)
		}
		n *= d
	}
	return n, nil
}

// bodyLimit returns the maximum size of a form with an image of that many voxels, in bytes.
func bodyLimit(voxels int) int64 {
	const worst = 5 // bytes per voxel of an incompressible image
	return int64(voxels)*worst + metadataLimit
}

// withImage calls f with the image in a request, which may have at most limit voxels. It handles one request at a time.
func (s *Server) withImage(w http.ResponseWriter, r *http.Request, limit int, f func([]float32, *metadata) error) error {
	giveBack, err := s.uploads.Take(r, bodyLimit(limit))
	if err != nil {
		return err
	}
	defer giveBack()
	file, m, err := readForm(w, r, limit)
	if err != nil {
		return err
	}
	s.opening.Lock()
	defer s.opening.Unlock()
	data, err := m.unpack(file, limit)
	if err != nil {
		return err
	}
	return f(data, m)
}

// readForm reads a form with two parts: file (gzipped float32 voxels, x fastest) and metadata. It allocates memory only as
// bytes arrive.
func readForm(w http.ResponseWriter, r *http.Request, limit int) ([]byte, *metadata, error) {
	r.Body = io.NopCloser(web.Body(w, r, bodyLimit(limit)))
	form, err := r.MultipartReader()
	if err != nil {
		return nil, nil, annotate.Inputf("the upload is not a form: %v", err)
	}
	var file []byte
	var m *metadata
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, web.Upload(err)
		}
		switch part.FormName() {
		case "file":
			if file, err = io.ReadAll(part); err != nil {
				return nil, nil, web.Upload(err)
			}
		case "metadata":
			raw, err := io.ReadAll(io.LimitReader(part, metadataLimit))
			if err != nil {
				return nil, nil, web.Upload(err)
			}
			m = &metadata{}
			if err := json.Unmarshal(raw, m); err != nil {
				return nil, nil, annotate.Inputf("the metadata is not the expected JSON: %v", err)
			}
		}
	}
	if m == nil || file == nil {
		return nil, nil, annotate.Inputf("the form needs the parts file and metadata")
	}
	return file, m, nil
}

// unpack reads the voxels, exactly as many as the metadata promises.
func (m *metadata) unpack(file []byte, limit int) ([]float32, error) {
	n, err := m.voxels(limit)
	if err != nil {
		return nil, err
	}
	const maxRatio = 1032 // of deflate
	if n*4 > len(file)*maxRatio {
		return nil, annotate.Inputf("%d packed bytes cannot hold %d voxels", len(file), n)
	}
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, annotate.Inputf("the voxels are not packed with gzip: %v", err)
	}
	data := make([]float32, 0, n)
	raw := make([]byte, 1<<16)
	for len(data) < n {
		part := raw[:min(len(raw), 4*(n-len(data)))]
		if _, err := io.ReadFull(z, part); err != nil {
			return nil, annotate.Inputf("the voxels end after %d of %d, or are damaged: %v", len(data), n, err)
		}
		for i := 0; i < len(part); i += 4 {
			data = append(data, math.Float32frombits(binary.LittleEndian.Uint32(part[i:])))
		}
	}
	if k, err := z.Read(raw[:1]); k != 0 || !errors.Is(err, io.EOF) {
		return nil, annotate.Inputf("more voxels came than the %d that the metadata promises, or they are damaged", n)
	}
	return data, nil
}
