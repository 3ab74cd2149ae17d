package slmsam

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"slices"

	"github.com/seed-6f79f512/slmsam/volume"
)

// Provenance records how a result was made. It is stored beside the result, so that a person can correct the result
// in any editor and only what the corrections affect is recomputed.
type Provenance struct {
	Version   int             `json:"version"`
	Image     string          `json:"image_sha256"`             // of the voxels
	Weights   string          `json:"weights_sha256"`           // of the tensors
	Request   string          `json:"request_sha256,omitempty"` // Model.Identity; missing in older files
	Axis      int             `json:"axis"`
	Window    [2]float64      `json:"window"`
	Range     [2]int          `json:"range"`
	Memory    Memory          `json:"memory"`
	Crop      float64         `json:"crop"`                // 0: whole slices
	Precision string          `json:"precision,omitempty"` // of matrix products; missing in older files
	Objects   []ObjectHistory `json:"objects"`
}

// ObjectHistory is what is recorded of one label in a result.
type ObjectHistory struct {
	Label    int            `json:"label"`
	Outlined []int          `json:"outlined"`          // slices
	Present  []Span         `json:"present,omitempty"` // as stated by the annotator
	Absent   []Span         `json:"absent,omitempty"`
	Slices   map[int]string `json:"slices"` // a hash of the mask on every slice that contains the label
}

// provenanceVersion changes when older programs could not read the record.
const provenanceVersion = 1

// ErrForeign is wrapped by the error for a provenance that does not belong to a label map or an image.
var ErrForeign = errors.New("does not belong to it")

// Provenance describes a result of Segment for the given request.
func (m *Model) Provenance(r Request, result *Result) Provenance {
	s := r.Slices
	image := ImageHash(s.Volume)
	p := Provenance{Version: provenanceVersion, Image: image, Weights: m.Weights, Request: m.identity(r, image), Axis: s.Axis,
		Window: [2]float64{s.Window.Lo, s.Window.Hi}, Range: [2]int{r.First, r.End}, Memory: m.Banks(r.Options), Crop: m.Crop(r.Options),
		Precision: Precision(m.graph.Device())}
	if p.Range[1] == 0 {
		p.Range[1] = s.Len()
	}
	hashes := maskHashes(result.Labels, s.Axis)
	for _, o := range result.Objects {
		h := ObjectHistory{Label: o.Label, Outlined: o.Outlined, Present: r.present(o.Label), Absent: r.absent(o.Label), Slices: hashes[o.Label]}
		p.Objects = append(p.Objects, h)
	}
	return p
}

// WriteJSON writes the provenance.
func (p Provenance) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", " ")
	return e.Encode(p)
}

// ParseProvenance reads what WriteJSON wrote.
func ParseProvenance(data []byte) (Provenance, error) {
	var p Provenance
	if err := json.Unmarshal(data, &p); err != nil {
		return p, fmt.Errorf("slmsam: provenance: %w", err)
	}
	if p.Version != provenanceVersion {
		return p, fmt.Errorf("slmsam: the record has version %d, this program knows version %d", p.Version, provenanceVersion)
	}
	if p.Axis < 0 || p.Axis > 2 || p.Range[0] < 0 || p.Range[1] <= p.Range[0] {
		return p, fmt.Errorf("slmsam: provenance: axis %d and range %v cannot be right", p.Axis, p.Range)
	}
	return p, nil
}

// CheckImage returns an error that wraps ErrForeign if the result was made from a different image.
func (p Provenance) CheckImage(v *volume.Volume) error {
	if ImageHash(v) != p.Image {
		return fmt.Errorf("slmsam: the image %s is not the one that the earlier result was made from, or has changed since: its provenance %w", v.Path, ErrForeign)
	}
	return nil
}

// Correction describes how a person changed a result.
type Correction struct {
	Slices  map[int][]int // changed slices by label, ascending
	Request               // what to recompute; Slices and Progress are not set
}

// Correct compares a label map with the result that it was made from, and determines what to recompute: the slices
// between each changed slice and its neighbors among the outlines. A changed slice counts as an outline from now on
// or, if the label was erased, as known not to contain it. Labels that the result did not have are new. The error
// wraps ErrForeign if the label map does not come from the result.
func (p Provenance) Correct(corrected *volume.LabelMap) (*Correction, error) {
	if p.Range[1] > corrected.Dim[p.Axis] {
		return nil, fmt.Errorf("slmsam: %s has %d slices, the earlier result had %d: its provenance %w", corrected.Path, corrected.Dim[p.Axis], p.Range[1], ErrForeign)
	}
	hashes := maskHashes(corrected, p.Axis)
	c := &Correction{Slices: map[int][]int{}, Request: Request{Earlier: corrected, Only: map[int][]Span{},
		Present: map[int][]Span{}, Absent: map[int][]Span{}, Options: Options{Memory: p.Memory, First: p.Range[0], End: p.Range[1], Crop: p.Crop}}}
	if p.Crop == 0 {
		c.Crop = WholeSlice
	}
	recorded, differ := 0, 0
	known := map[int]bool{}
	for _, o := range p.Objects {
		known[o.Label] = true
		changed := o.changed(hashes[o.Label], p.Range)
		recorded, differ = recorded+max(len(o.Slices), len(hashes[o.Label])), differ+len(changed)
		c.object(o, p.Axis, changed)
	}
	if 2*differ > recorded && differ > 2 {
		return nil, fmt.Errorf("slmsam: %s differs from the earlier result on %d of %d slices: its provenance %w", corrected.Path, differ, recorded, ErrForeign)
	}
	for label, on := range hashes {
		if !known[label] {
			o := ObjectHistory{Label: label}
			c.object(o, p.Axis, o.changed(on, p.Range))
		}
	}
	return c, nil
}

// changed lists the slices in a range whose mask has changed, in ascending order.
func (o ObjectHistory) changed(now map[int]string, span [2]int) []int {
	var out []int
	for i := span[0]; i < span[1]; i++ {
		if now[i] != o.Slices[i] {
			out = append(out, i)
		}
	}
	return out
}

// object adds one label's prompts, what is known of it, and what to recompute.
func (c *Correction) object(o ObjectHistory, axis int, changed []int) {
	c.Present[o.Label], c.Absent[o.Label] = o.Present, slices.Clone(o.Absent)
	if len(changed) > 0 {
		c.Slices[o.Label] = changed
	}
	var outlined []int
	fixed := slices.Compact(slices.Sorted(slices.Values(slices.Concat(o.Outlined, changed))))
	for _, i := range fixed {
		mask := MaskOf(c.Earlier.Slice(axis, i), o.Label)
		if !slices.Contains(mask, true) {
			c.Absent[o.Label] = append(c.Absent[o.Label], Span{i, i + 1})
			continue
		}
		outlined = append(outlined, i)
		c.Prompts = append(c.Prompts, Prompt{Slice: i, Object: o.Label, Mask: mask})
	}
	if len(outlined) > 0 {
		c.Only[o.Label] = affected(changed, fixed, c.First, c.End)
	}
}

// affected returns the spans between changed slices and their neighbors among the fixed ones (both ascending).
func affected(changed, fixed []int, first, end int) []Span {
	var out []Span
	for _, i := range changed {
		lower, upper := first, end
		for _, f := range fixed {
			if f < i {
				lower = f + 1
			}
			if f > i {
				upper = min(upper, f)
			}
		}
		out = append(out, Span{lower, upper})
	}
	return out
}

// maskHashes returns a hash of every label's mask on every slice that contains it, by label and slice.
func maskHashes(l *volume.LabelMap, axis int) map[int]map[int]string {
	out := map[int]map[int]string{}
	for i := range l.Dim[axis] {
		pix := l.Slice(axis, i)
		sums := map[int32]uint64{}
		for start := 0; start < len(pix); {
			end := start + 1
			for end < len(pix) && pix[end] == pix[start] {
				end++
			}
			if label := pix[start]; label != 0 {
				sums[label] = mix(sums[label], start, end)
			}
			start = end
		}
		for label, sum := range sums {
			if out[int(label)] == nil {
				out[int(label)] = map[int]string{}
			}
			out[int(label)][i] = fmt.Sprintf("%016x", sum)
		}
	}
	return out
}

// mix adds a run of pixels to a hash.
func mix(sum uint64, start, end int) uint64 {
	h := fnv.New64a()
	var b [24]byte
	binary.LittleEndian.PutUint64(b[:], sum)
	binary.LittleEndian.PutUint64(b[8:], uint64(start))
	binary.LittleEndian.PutUint64(b[16:], uint64(end))
	h.Write(b[:])
	return h.Sum64()
}

// ImageHash is the SHA-256 of a volume's size and voxels, in hexadecimal.
func ImageHash(v *volume.Volume) string {
	h := sha256.New()
	fmt.Fprintln(h, v.Dim)
	const chunk = 1 << 14
	buffer := make([]byte, 0, 4*chunk)
	for start := 0; start < len(v.Data); start += chunk {
		buffer = buffer[:0]
		for _, x := range v.Data[start:min(start+chunk, len(v.Data))] {
			buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(x))
		}
		h.Write(buffer)
	}
	return hex.EncodeToString(h.Sum(nil))
}
