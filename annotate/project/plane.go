package project

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"

	"github.com/seed-6f79f512/slmsam/annotate"
)

// EncodePlane packs a plane: the labels of a slice, row-major [h,w]. The packed form consists of runs, each a label (one byte)
// and a length (unsigned varint), in base64.
func EncodePlane(pix []uint8) string {
	var out []byte
	for start := 0; start < len(pix); {
		end := start + 1
		for end < len(pix) && pix[end] == pix[start] {
			end++
		}
		out = append(out, pix[start])
		out = binary.AppendUvarint(out, uint64(end-start))
		start = end
	}
	return base64.StdEncoding.EncodeToString(out)
}

// DecodePlane unpacks a plane of n pixels. It returns an InputError if the text is not such a plane.
func DecodePlane(text string, n int) ([]uint8, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, annotate.Inputf("the slice is not base64: %v", err)
	}
	pix := make([]uint8, 0, n)
	for len(data) > 0 {
		label := data[0]
		run, size := binary.Uvarint(data[1:])
		if size <= 0 || run == 0 || run > uint64(n-len(pix)) {
			return nil, annotate.Inputf("the slice's runs do not fit its %d pixels", n)
		}
		data = data[1+size:]
		for range run {
			pix = append(pix, label)
		}
	}
	if len(pix) != n {
		return nil, annotate.Inputf("the slice has %d pixels, want %d", len(pix), n)
	}
	return pix, nil
}

// planeValue returns a plane as a document's value; null for a plane without labels.
func planeValue(pix []uint8) json.RawMessage {
	for _, label := range pix {
		if label != 0 {
			return jsonOf(EncodePlane(pix))
		}
	}
	return nil
}

// jsonOf encodes a value that can always be encoded.
func jsonOf(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic("project: " + err.Error())
	}
	return raw
}

// MaxPlane is the largest size of a plane of the document, as EncodePlane packs it, in bytes: every pixel is a run of its
// own.
func (d *Document) MaxPlane() int { return base64.StdEncoding.EncodedLen(2 * d.grid.pixels()) }

// Plane unpacks a plane of the document's size.
func (d *Document) Plane(text string) ([]uint8, error) { return DecodePlane(text, d.grid.pixels()) }
