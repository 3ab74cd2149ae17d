package volume

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// dicomSlice is what the headers of one file say about its slice.
type dicomSlice struct {
	path       string
	series     string // SeriesInstanceUID
	name       string // series description
	modality   string
	number     float64 // instance number
	rows, cols int
	spacing    [2]float64 // mm between columns, between rows
	thickness  float64    // mm, 0 if unknown
	placed     bool       // position and orientation are known
	position   [3]float64 // LPS mm of the first pixel's centre
	right      [3]float64 // unit step along a row (column index grows)
	down       [3]float64 // unit step along a column (row index grows)
	slope      float64
	inter      float64
	pixels     dicomPixels
}

// errNoImage marks DICOM objects without pixels (structure sets, reports).
var errNoImage = errors.New("the file holds no image")

// maxDICOMFile bounds one file: a single slice is never this large.
const maxDICOMFile = 1 << 30

// loadDICOM reads and parses one file.
func loadDICOM(path string) (*dicomData, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	if info.Size() > maxDICOMFile {
		return nil, fmt.Errorf("%d bytes are too many for a single slice: convert the series to NIfTI first (for example dcm2niix)", info.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, plainPathError(err)
	}
	return parseDICOM(raw)
}

// readDICOMSlice reads the headers of one file. The pixels stay on disk.
func readDICOMSlice(path string) (*dicomSlice, error) {
	d, err := loadDICOM(path)
	if err != nil {
		return nil, err
	}
	s := &dicomSlice{path: path, series: d.text(tagSeriesUID), name: d.text(tagSeriesName), modality: d.text(tagModality),
		rows: d.short(tagRows, 0), cols: d.short(tagColumns, 0), spacing: [2]float64{1, 1}, slope: 1}
	if d.values[tagFloatPixels] != nil || d.values[tagDoublePixels] != nil {
		return nil, errors.New("float pixel data is not supported: convert the series to NIfTI first (for example dcm2niix)")
	}
	if d.values[tagPixels] == nil && d.fragments == nil {
		return nil, errNoImage
	}
	if s.rows == 0 || s.cols == 0 {
		return nil, fmt.Errorf("the image has %d rows and %d columns: corrupt file", s.rows, s.cols)
	}
	if n, ok, err := d.numbers(tagFrames, 1); err != nil || (ok && n[0] > 1) {
		return nil, fmt.Errorf("the file holds %s frames, want one slice per file: convert it to NIfTI first (for example dcm2niix)", d.text(tagFrames))
	}
	if err := s.readPlace(d); err != nil {
		return nil, err
	}
	if s.pixels, err = d.pixelLayout(); err != nil {
		return nil, err
	}
	return s, s.readScale(d)
}

// readScale reads instance number and rescale slope and intercept.
func (s *dicomSlice) readScale(d *dicomData) error {
	if n, ok, err := d.numbers(tagInstanceNumber, 1); err != nil {
		return err
	} else if ok {
		s.number = n[0]
	}
	if n, ok, err := d.numbers(tagRescaleSlope, 1); err != nil {
		return err
	} else if ok && n[0] != 0 {
		s.slope = n[0]
	}
	if n, ok, err := d.numbers(tagRescaleIntercept, 1); err != nil {
		return err
	} else if ok {
		s.inter = n[0]
	}
	return nil
}

// readPlace reads pixel spacing, position and orientation.
func (s *dicomSlice) readPlace(d *dicomData) error {
	n, ok, err := d.numbers(tagPixelSpacing, 2)
	if err != nil {
		return err
	}
	if ok {
		if !(n[0] > 0) || !(n[1] > 0) {
			return fmt.Errorf("pixel spacing %g\\%g: want positive numbers", n[0], n[1])
		}
		s.spacing = [2]float64{n[1], n[0]} // stored as row spacing, column spacing
	}
	for _, tag := range []dicomTag{tagSliceSpacing, tagSliceThickness} {
		if n, ok, err := d.numbers(tag, 1); err == nil && ok && s.thickness == 0 {
			s.thickness = math.Abs(n[0])
		}
	}
	p, okP, err := d.numbers(tagPosition, 3)
	if err != nil {
		return err
	}
	o, okO, err := d.numbers(tagOrientation, 6)
	if err != nil || !okP || !okO {
		return err
	}
	s.placed = true
	copy(s.position[:], p)
	copy(s.right[:], o[:3])
	copy(s.down[:], o[3:])
	a, b := norm(s.right), norm(s.down)
	if math.Abs(a-1) > 0.01 || math.Abs(b-1) > 0.01 || math.Abs(dot(s.right, s.down)) > 0.01 {
		return fmt.Errorf("the row and column directions %v are not two orthogonal unit vectors: corrupt file", o)
	}
	s.right, s.down = scale(s.right, 1/a), scale(s.down, 1/b)
	return nil
}

// normal is the direction across the slice.
func (s *dicomSlice) normal() [3]float64 { return cross(s.right, s.down) }

// dicomPixels says how the samples of a slice are stored.
type dicomPixels struct {
	allocated, stored, high int
	signed                  bool
	order                   binary.ByteOrder
	syntax                  string
}

// pixelLayout reads and checks the description of the pixels.
func (d *dicomData) pixelLayout() (dicomPixels, error) {
	p := dicomPixels{allocated: d.short(tagBitsAllocated, 0), signed: d.short(tagPixelSigned, 0) == 1, order: d.order, syntax: d.syntax}
	p.stored = d.short(tagBitsStored, p.allocated)
	p.high = d.short(tagHighBit, p.stored-1)
	if n := d.short(tagSamplesPerPixel, 1); n != 1 {
		return p, fmt.Errorf("%d samples per pixel (%s), want grey: convert it first (for example gdcmconv, or dcm2niix)", n, d.text(tagPhotometric))
	}
	if d.text(tagPhotometric) == "PALETTE COLOR" {
		return p, errors.New("the pixels are palette colours, want grey")
	}
	switch d.syntax {
	case syntaxImplicit, syntaxExplicit, syntaxDeflated, syntaxBigEndian, syntaxRLE:
	default:
		return p, fmt.Errorf("the pixels are compressed as %s, which is not supported: decompress the series first, for example with gdcmconv --raw IN OUT, dcmdjpeg (JPEG) or dcm2niix (to NIfTI)", syntaxName(d.syntax))
	}
	if (d.fragments != nil) != (d.syntax == syntaxRLE) {
		return p, fmt.Errorf("the pixel data does not match the transfer syntax %s: corrupt file", d.syntax)
	}
	if p.allocated != 8 && p.allocated != 16 && p.allocated != 32 {
		return p, fmt.Errorf("%d bits allocated per pixel, want 8, 16 or 32", p.allocated)
	}
	if p.stored < 1 || p.stored > p.allocated || p.high < p.stored-1 || p.high >= p.allocated {
		return p, fmt.Errorf("bits allocated %d, stored %d, high bit %d do not fit together: corrupt file", p.allocated, p.stored, p.high)
	}
	return p, nil
}

// syntaxName names the compressed transfer syntaxes that users meet.
func syntaxName(uid string) string {
	names := map[string]string{
		"1.2.840.10008.1.2.4.50": "JPEG baseline", "1.2.840.10008.1.2.4.51": "JPEG extended",
		"1.2.840.10008.1.2.4.57": "JPEG lossless", "1.2.840.10008.1.2.4.70": "JPEG lossless",
		"1.2.840.10008.1.2.4.80": "JPEG-LS lossless", "1.2.840.10008.1.2.4.81": "JPEG-LS",
		"1.2.840.10008.1.2.4.90": "JPEG 2000 lossless", "1.2.840.10008.1.2.4.91": "JPEG 2000",
		"1.2.840.10008.1.2.4.201": "HTJ2K lossless", "1.2.840.10008.1.2.4.203": "HTJ2K",
	}
	if name, ok := names[uid]; ok {
		return name + " (" + uid + ")"
	}
	return "transfer syntax " + uid
}

// decode reads the slice's samples and applies the rescale.
func (s *dicomSlice) decode() ([]float64, error) {
	d, err := loadDICOM(s.path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(s.path), err)
	}
	raw := d.values[tagPixels]
	order := s.pixels.order
	size := s.pixels.allocated / 8
	n := s.rows * s.cols
	if s.pixels.syntax == syntaxRLE {
		if raw, err = decodeRLE(d.fragments, n, size); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(s.path), err)
		}
		order = binary.LittleEndian
	}
	if len(raw) < n*size {
		return nil, fmt.Errorf("%s: %dx%d pixels of %d bytes need %d bytes, the file holds %d: truncated file", filepath.Base(s.path), s.cols, s.rows, size, n*size, len(raw))
	}
	out := make([]float64, n)
	s.pixels.widen(out, raw, order)
	for i, x := range out {
		out[i] = x*s.slope + s.inter
	}
	return out, nil
}

// widen extracts the stored bits of each sample and extends the sign.
func (p dicomPixels) widen(dst []float64, raw []byte, order binary.ByteOrder) {
	left := uint(32 - 1 - p.high) // brings the high bit to bit 31
	right := uint(32 - p.stored)  // and the lowest stored bit to bit 0
	for i := range dst {
		var bits uint32
		switch p.allocated {
		case 8:
			bits = uint32(raw[i])
		case 16:
			bits = uint32(order.Uint16(raw[2*i:]))
		default:
			bits = order.Uint32(raw[4*i:])
		}
		if p.signed {
			dst[i] = float64(int32(bits<<left) >> right)
		} else {
			dst[i] = float64(bits << left >> right)
		}
	}
}
