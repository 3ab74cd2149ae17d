package slmsam

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Identity is the SHA-256, in hexadecimal, of everything that determines the result of Segment: the image's voxels,
// the prompts, what is known about the objects, the settings, the weights, and the precision. Requests with the same
// identity have the same result on the same device.
func (m *Model) Identity(r Request) string { return m.identity(r, ImageHash(r.Slices.Volume)) }

// identity is Identity for an image whose hash is known.
func (m *Model) identity(r Request, image string) string {
	config, err := json.Marshal(m.Config)
	if err != nil {
		panic(fmt.Sprintf("slmsam.Identity: a configuration that cannot be encoded: %v", err))
	}
	if r.End == 0 {
		r.End = r.Slices.Len()
	}
	h := sha256.New()
	fmt.Fprintln(h, image, m.Weights, string(config))
	fmt.Fprintln(h, r.Slices.Axis, r.Slices.Window, r.First, r.End, m.Banks(r.Options), m.Crop(r.Options), r.Direction, r.Order, r.KeepHoles, r.BF16)
	if p := Precision(m.graph.Device()); p != f32 {
		fmt.Fprintln(h, p)
	}
	fmt.Fprintln(h, r.Present, r.Absent, r.Only) // maps print in key order
	for _, p := range r.Prompts {
		fmt.Fprintln(h, p.Slice, p.Object, p.Points, len(p.Mask))
		writeMask(h, p.Mask)
	}
	if r.Earlier != nil {
		fmt.Fprintln(h, maskHashes(r.Earlier, r.Slices.Axis))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// writeMask writes a mask, one byte per pixel.
func writeMask(w io.Writer, mask []bool) {
	bytes := make([]byte, len(mask))
	for i, in := range mask {
		if in {
			bytes[i] = 1
		}
	}
	_, _ = w.Write(bytes) // writing to a hash never fails
}

// Describes reports whether a label map is the unchanged result that the provenance was recorded for.
func (p Provenance) Describes(l *volume.LabelMap) bool {
	hashes := maskHashes(l, p.Axis)
	for _, o := range p.Objects {
		on := hashes[o.Label]
		if len(on) != len(o.Slices) {
			return false
		}
		for i, hash := range o.Slices {
			if on[i] != hash {
				return false
			}
		}
		delete(hashes, o.Label)
	}
	return len(hashes) == 0
}
