package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
)

// Pixels describes how the pixels of an image are stored. Several goroutines may decode frames at once.
type Pixels struct {
	Rows, Columns, Frames   int
	Samples                 int // per pixel; 1 for gray
	Photometric             string
	Allocated, Stored, High int // bits
	Signed                  bool
	Syntax                  string
	source                  *DataSet
	float                   bool
	sorting                 sync.Once
	packed                  [][][]byte // fragments of each frame, determined on first use
	unsorted                error
}

// maxPixels bounds the pixels of a frame, and so the memory that is allocated for it.
const maxPixels = 1 << 28

// Pixels reads the description of the pixels (PS3.3 C.7.6.3). Check says whether they can be decoded.
func (d *DataSet) Pixels() (*Pixels, error) {
	p := &Pixels{Rows: d.Short(TagRows, 0), Columns: d.Short(TagColumns, 0), Frames: 1, Samples: d.Short(TagSamplesPerPixel, 1),
		Photometric: d.Text(TagPhotometric), Allocated: d.Short(TagBitsAllocated, 0), Signed: d.Short(TagPixelSigned, 0) == 1,
		Syntax: d.Syntax, source: d}
	p.Stored = d.Short(TagBitsStored, p.Allocated)
	p.High = d.Short(TagHighBit, p.Stored-1)
	if d.Has(TagFloatPixels) || d.Has(TagDoublePixels) {
		p.float, p.Allocated = true, 32
		if d.Has(TagDoublePixels) {
			p.Allocated = 64
		}
	}
	if p.Rows == 0 || p.Columns == 0 {
		return nil, fmt.Errorf("the image has %d rows and %d columns: corrupt file", p.Rows, p.Columns)
	}
	if n, ok := d.Number(TagFrames); ok && n > 1 {
		if n > maxItems || n != math.Trunc(n) {
			return nil, fmt.Errorf("the image claims %g frames: corrupt file", n)
		}
		p.Frames = int(n)
	}
	if p.Rows*p.Columns > maxPixels {
		return nil, fmt.Errorf("a frame of %dx%d pixels is larger than any scan: corrupt file", p.Columns, p.Rows)
	}
	if p.Frames > 1 {
		if err := p.checkFrames(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// checkFrames refuses a number of frames that the pixel data cannot hold, so that nobody allocates anything for each of
// them.
func (p *Pixels) checkFrames() error {
	if fragments := p.source.fragments; fragments != nil {
		if p.Frames > len(fragments) {
			return fmt.Errorf("%d frames need at least as many fragments of compressed pixels, the file holds %d: truncated file", p.Frames, len(fragments))
		}
		return nil
	}
	return p.checkLength(p.source.Raw(p.dataTag()))
}

// dataTag is the element that holds uncompressed pixels.
func (p *Pixels) dataTag() Tag {
	switch {
	case !p.float:
		return TagPixels
	case p.Allocated == 64:
		return TagDoublePixels
	}
	return TagFloatPixels
}

// checkLength returns an error unless raw holds all frames uncompressed.
func (p *Pixels) checkLength(raw []byte) error {
	if bits := int64(p.Rows*p.Columns) * int64(max(p.Allocated, 1)) * int64(p.Frames); bits > int64(len(raw))*8 {
		return fmt.Errorf("%d frames of %dx%d pixels of %d bits need %d bytes, the file holds %d: truncated file",
			p.Frames, p.Columns, p.Rows, p.Allocated, (bits+7)/8, len(raw))
	}
	return nil
}

// Color reports whether pixels are colors.
func (p *Pixels) Color() bool { return p.Samples != 1 || p.Photometric == "PALETTE COLOR" }

// Check returns an error that says why the pixels cannot be decoded to one number each, or nil.
func (p *Pixels) Check() error {
	d := p.source
	if p.Samples != 1 {
		return fmt.Errorf("%d samples per pixel (%s), want gray: convert it first (for example gdcmconv, or dcm2niix)", p.Samples, p.Photometric)
	}
	if p.Photometric == "PALETTE COLOR" {
		return errors.New("the pixels are palette colors, want gray")
	}
	if name, ok := foreignSyntaxes[p.Syntax]; ok {
		return fmt.Errorf("the pixels are compressed as %s (%s), which is not supported: decompress the series first, for example with dcm2niix (to NIfTI)", name, p.Syntax)
	}
	if (d.fragments != nil) == native(p.Syntax) && !(d.fragments == nil && p.nativeAnyway()) {
		return fmt.Errorf("the pixel data does not match the transfer syntax %s: corrupt file", p.Syntax)
	}
	if p.float {
		return nil
	}
	switch p.Allocated {
	case 1, 8, 16, 32:
	default:
		return fmt.Errorf("%d bits allocated per pixel, want 1, 8, 16 or 32", p.Allocated)
	}
	if p.Allocated == 1 && d.fragments != nil {
		return errors.New("compressed pixel data with 1 bit per pixel: corrupt file")
	}
	if p.Stored < 1 || p.Stored > p.Allocated || p.High < p.Stored-1 || p.High >= p.Allocated {
		return fmt.Errorf("bits allocated %d, stored %d, high bit %d do not fit together: corrupt file", p.Allocated, p.Stored, p.High)
	}
	return nil
}

// nativeAnyway reports whether the pixel data has exactly the length of uncompressed pixels. Some archives unpack pixels but
// leave a compressed transfer syntax in the file.
func (p *Pixels) nativeAnyway() bool {
	want := (p.Rows*p.Columns*p.Frames*p.Allocated + 7) / 8
	return len(p.source.Raw(TagPixels)) == want+want%2
}

// Frame returns the stored values of frame i (from 0), row by row, before rescaling.
func (p *Pixels) Frame(i int) ([]float64, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if p.float {
		return p.floatFrame(i)
	}
	if p.source.fragments == nil {
		return p.nativeFrame(i)
	}
	raw, bits, err := p.unpack(i)
	if err != nil {
		return nil, err
	}
	out := make([]float64, p.Rows*p.Columns)
	p.widen(out, raw, bits, binary.LittleEndian)
	return out, nil
}

// nativeFrame extracts a frame of uncompressed pixels. Frames with one bit per pixel follow each other without padding.
func (p *Pixels) nativeFrame(i int) ([]float64, error) {
	raw := p.source.Raw(TagPixels)
	n := p.Rows * p.Columns
	if err := p.checkLength(raw); err != nil {
		return nil, err
	}
	out := make([]float64, n)
	if p.Allocated == 1 {
		for k := range out {
			bit := i*n + k
			out[k] = float64(raw[bit/8] >> (bit % 8) & 1)
		}
		return out, nil
	}
	raw = raw[i*n*p.Allocated/8:][:n*p.Allocated/8]
	if p.Allocated == 8 && p.source.order == binary.BigEndian && p.source.fields[TagPixels].vr == "OW" {
		return p.swappedFrame(i), nil
	}
	p.widen(out, raw, p.Allocated, p.source.order)
	return out, nil
}

// swappedFrame extracts a frame of bytes in big-endian words, in which the second of two pixels comes first.
func (p *Pixels) swappedFrame(i int) []float64 {
	raw := p.source.Raw(TagPixels)
	n := p.Rows * p.Columns
	straight := make([]byte, n)
	for k := range straight {
		if at := (i*n + k) ^ 1; at < len(raw) {
			straight[k] = raw[at]
		}
	}
	out := make([]float64, n)
	p.widen(out, straight, p.Allocated, p.source.order)
	return out
}

// floatFrame extracts a frame of floating-point pixels.
func (p *Pixels) floatFrame(i int) ([]float64, error) {
	n, size := p.Rows*p.Columns, p.Allocated/8
	raw := p.source.Raw(p.dataTag())
	if err := p.checkLength(raw); err != nil {
		return nil, err
	}
	raw = raw[i*n*size:]
	out := make([]float64, n)
	for k := range out {
		if size == 4 {
			out[k] = float64(math.Float32frombits(p.source.order.Uint32(raw[4*k:])))
		} else {
			out[k] = math.Float64frombits(p.source.order.Uint64(raw[8*k:]))
		}
	}
	return out, nil
}

// widen extracts the stored bits of each sample, which occupies the given number of bits in raw, and extends the sign.
func (p *Pixels) widen(dst []float64, raw []byte, bits int, order binary.ByteOrder) {
	left := uint(32 - 1 - p.High) // brings the high bit to bit 31
	right := uint(32 - p.Stored)  // and the lowest stored bit to bit 0
	for i := range dst {
		var sample uint32
		switch bits {
		case 8:
			sample = uint32(raw[i])
		case 16:
			sample = uint32(order.Uint16(raw[2*i:]))
		default:
			sample = order.Uint32(raw[4*i:])
		}
		if p.Signed {
			dst[i] = float64(int32(sample<<left) >> right)
		} else {
			dst[i] = float64(sample << left >> right)
		}
	}
}
