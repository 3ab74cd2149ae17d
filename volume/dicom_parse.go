package volume

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// dicomTag is (group << 16) | element.
type dicomTag uint32

const (
	tagTransferSyntax   dicomTag = 0x00020010
	tagModality         dicomTag = 0x00080060
	tagSeriesName       dicomTag = 0x0008103e
	tagSliceThickness   dicomTag = 0x00180050
	tagSliceSpacing     dicomTag = 0x00180088
	tagSeriesUID        dicomTag = 0x0020000e
	tagInstanceNumber   dicomTag = 0x00200013
	tagPosition         dicomTag = 0x00200032
	tagOrientation      dicomTag = 0x00200037
	tagSamplesPerPixel  dicomTag = 0x00280002
	tagPhotometric      dicomTag = 0x00280004
	tagFrames           dicomTag = 0x00280008
	tagRows             dicomTag = 0x00280010
	tagColumns          dicomTag = 0x00280011
	tagPixelSpacing     dicomTag = 0x00280030
	tagBitsAllocated    dicomTag = 0x00280100
	tagBitsStored       dicomTag = 0x00280101
	tagHighBit          dicomTag = 0x00280102
	tagPixelSigned      dicomTag = 0x00280103
	tagRescaleIntercept dicomTag = 0x00281052
	tagRescaleSlope     dicomTag = 0x00281053
	tagFloatPixels      dicomTag = 0x7fe00008
	tagDoublePixels     dicomTag = 0x7fe00009
	tagPixels           dicomTag = 0x7fe00010
	tagItem             dicomTag = 0xfffee000
	tagItemEnd          dicomTag = 0xfffee00d
	tagSequenceEnd      dicomTag = 0xfffee0dd
)

// Transfer syntaxes that are decoded here; for all others see unpackHint.
const (
	syntaxImplicit    = "1.2.840.10008.1.2"
	syntaxExplicit    = "1.2.840.10008.1.2.1"
	syntaxDeflated    = "1.2.840.10008.1.2.1.99"
	syntaxBigEndian   = "1.2.840.10008.1.2.2"
	syntaxRLE         = "1.2.840.10008.1.2.5"
	undefinedLength   = 0xffffffff
	maxSequenceDepth  = 32
	maxDICOMInflated  = 1 << 30
	dicomPreambleSize = 132
)

// dicomData is a parsed DICOM file. It is a view of the bytes of the file: values are slices of them,
// so a length field can never make it allocate, and nested sequences are stepped over, not built.
// That is why this package has its own parser: general-purpose ones allocate what a length field says
// and recurse as deep as the file does, and neither can be caught.
type dicomData struct {
	syntax    string
	order     binary.ByteOrder
	values    map[dicomTag][]byte // top-level elements of defined length
	fragments [][]byte            // encapsulated pixel data, without the offset table
}

// isDICOM recognises the signature after the preamble, or a file without one that starts with an
// explicit element of group 2 or 8.
func isDICOM(head []byte) bool {
	if len(head) >= dicomPreambleSize && string(head[128:132]) == "DICM" {
		return true
	}
	return len(head) >= 8 && (head[0] == 2 || head[0] == 8) && head[1] == 0 && head[3] == 0 && isVR(head[4:6]) && strings.Contains("UL CS UI SH", string(head[4:6]))
}

func isVR(b []byte) bool { return b[0] >= 'A' && b[0] <= 'Z' && b[1] >= 'A' && b[1] <= 'Z' }

// parseDICOM reads all top-level elements of a file (PS3.5 chapter 7, PS3.10 chapter 7).
func parseDICOM(raw []byte) (*dicomData, error) {
	d := &dicomData{values: map[dicomTag][]byte{}, syntax: syntaxImplicit}
	if len(raw) >= dicomPreambleSize && string(raw[128:132]) == "DICM" {
		raw = raw[dicomPreambleSize:]
	}
	meta := &dicomCursor{rest: raw, order: binary.LittleEndian, explicit: true}
	for len(meta.rest) >= 8 && meta.rest[0] == 2 && meta.rest[1] == 0 {
		tag, value, length, err := meta.next()
		if err != nil {
			return nil, err
		}
		if length == undefinedLength {
			return nil, errors.New("an element of the file header has undefined length: corrupt file")
		}
		d.values[tag] = value
	}
	body := &dicomCursor{rest: meta.rest, order: binary.LittleEndian}
	if syntax := d.text(tagTransferSyntax); syntax != "" {
		d.syntax = syntax
		body.explicit = syntax != syntaxImplicit
	} else if len(body.rest) >= 8 && isVR(body.rest[4:6]) {
		d.syntax, body.explicit = syntaxExplicit, true
	}
	switch d.syntax {
	case syntaxBigEndian:
		body.order = binary.BigEndian
	case syntaxDeflated:
		z := io.LimitReader(flate.NewReader(bytes.NewReader(body.rest)), maxDICOMInflated)
		inflated, err := io.ReadAll(z)
		if err != nil {
			return nil, fmt.Errorf("deflated transfer syntax: %w", err)
		}
		body.rest = inflated
	}
	d.order = body.order
	return d, d.readElements(body)
}

// readElements fills values and fragments from the cursor to its end.
func (d *dicomData) readElements(c *dicomCursor) error {
	for len(c.rest) >= 8 {
		tag, value, length, err := c.next()
		if err != nil {
			return err
		}
		switch {
		case length != undefinedLength:
			d.values[tag] = value
		case tag == tagPixels:
			if d.fragments, err = c.fragments(); err != nil {
				return err
			}
		default:
			if err := c.skipSequence(0); err != nil {
				return err
			}
		}
	}
	return nil
}

// dicomCursor walks over elements.
type dicomCursor struct {
	rest     []byte
	order    binary.ByteOrder
	explicit bool
}

// next reads one element; with undefinedLength the value is nil and the cursor stands at its first item.
func (c *dicomCursor) next() (tag dicomTag, value []byte, length uint32, err error) {
	if len(c.rest) < 8 {
		return 0, nil, 0, errors.New("the file ends in the middle of an element: truncated file")
	}
	tag = dicomTag(uint32(c.order.Uint16(c.rest))<<16 | uint32(c.order.Uint16(c.rest[2:])))
	head := 8
	switch {
	case !c.explicit || tag>>16 == 0xfffe:
		length = c.order.Uint32(c.rest[4:])
	case strings.Contains("OB OW OF OD OL OV SQ UN UC UR UT SV UV", string(c.rest[4:6])):
		if len(c.rest) < 12 {
			return 0, nil, 0, errors.New("the file ends in the middle of an element: truncated file")
		}
		length, head = c.order.Uint32(c.rest[8:]), 12
	case isVR(c.rest[4:6]):
		length = uint32(c.order.Uint16(c.rest[6:]))
	default:
		return 0, nil, 0, fmt.Errorf("element (%04x,%04x) has no value representation: corrupt file", tag>>16, tag&0xffff)
	}
	c.rest = c.rest[head:]
	if length == undefinedLength {
		return tag, nil, length, nil
	}
	if int64(length) > int64(len(c.rest)) {
		return 0, nil, 0, fmt.Errorf("element (%04x,%04x) is to have %d bytes but the file holds %d more: truncated file", tag>>16, tag&0xffff, length, len(c.rest))
	}
	value, c.rest = c.rest[:length], c.rest[length:]
	return tag, value, length, nil
}

// skipSequence steps over the items of a sequence of undefined length, past its end marker.
func (c *dicomCursor) skipSequence(depth int) error {
	if depth > maxSequenceDepth {
		return fmt.Errorf("sequences nested more than %d deep: corrupt file", maxSequenceDepth)
	}
	for {
		tag, _, length, err := c.next()
		switch {
		case err != nil:
			return err
		case tag == tagSequenceEnd:
			return nil
		case tag != tagItem:
			return fmt.Errorf("element (%04x,%04x) where a sequence item was expected: corrupt file", tag>>16, tag&0xffff)
		case length == undefinedLength:
			if err := c.skipItem(depth + 1); err != nil {
				return err
			}
		}
	}
}

// skipItem steps over the elements of an item of undefined length, past its end marker.
func (c *dicomCursor) skipItem(depth int) error {
	for {
		tag, _, length, err := c.next()
		switch {
		case err != nil:
			return err
		case tag == tagItemEnd:
			return nil
		case length == undefinedLength:
			if err := c.skipSequence(depth); err != nil {
				return err
			}
		}
	}
}

// fragments reads the items of encapsulated pixel data (PS3.5 A.4) after the offset table.
func (c *dicomCursor) fragments() ([][]byte, error) {
	var items [][]byte
	for {
		tag, value, length, err := c.next()
		switch {
		case err != nil:
			return nil, fmt.Errorf("compressed pixel data: %w", err)
		case tag == tagSequenceEnd:
			if len(items) == 0 {
				return nil, errors.New("compressed pixel data has no offset table: corrupt file")
			}
			return items[1:], nil
		case tag != tagItem || length == undefinedLength:
			return nil, errors.New("compressed pixel data holds something other than fragments: corrupt file")
		}
		items = append(items, value)
	}
}

// text returns a string value without padding, "" if absent.
func (d *dicomData) text(tag dicomTag) string {
	return strings.Trim(string(d.values[tag]), " \x00")
}

// numbers reads a decimal string (DS, IS) with the given count of values; ok is false if it is absent
// or empty.
func (d *dicomData) numbers(tag dicomTag, count int) (out []float64, ok bool, err error) {
	text := d.text(tag)
	if text == "" {
		return nil, false, nil
	}
	words := strings.Split(text, "\\")
	if len(words) < count {
		return nil, false, fmt.Errorf("element (%04x,%04x) %.60q: want %d numbers", tag>>16, tag&0xffff, text, count)
	}
	for _, word := range words[:count] {
		x, err := strconv.ParseFloat(strings.Trim(word, " \x00"), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, false, fmt.Errorf("element (%04x,%04x) %.60q is not a finite number", tag>>16, tag&0xffff, text)
		}
		out = append(out, x)
	}
	return out, true, nil
}

// short reads an unsigned 16-bit value (US), or fallback if it is absent.
func (d *dicomData) short(tag dicomTag, fallback int) int {
	v := d.values[tag]
	if len(v) < 2 {
		return fallback
	}
	return int(d.order.Uint16(v))
}
