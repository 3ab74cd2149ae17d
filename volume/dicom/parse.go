package dicom

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Sizes and limits of a file.
const (
	preambleSize = 132     // with the signature
	maxInflated  = 1 << 31 // bytes of a deflated data set, unpacked
	maxElements  = 1 << 16 // in a data set; real ones have a few hundred at most
	maxItems     = 1 << 20 // in a sequence; a multi-frame image has one per frame
)

// field is an element's value, as a view of the file.
type field struct {
	vr    string
	value []byte   // of a sequence: its items
	inner encoding // of the items
}

// DataSet is a parsed data set: a file's, or an item of a sequence.
type DataSet struct {
	Syntax string // transfer syntax UID of the file
	encoding
	fields    map[Tag]field
	offsets   []byte   // basic offset table of encapsulated pixel data
	fragments [][]byte // encapsulated pixel data after the offset table; nil if the pixel data is native
}

// Is reports whether a file that starts with head is DICOM. It has the signature after the preamble or, if it has no
// preamble, starts with elements of the first groups in ascending order.
func Is(head []byte) bool {
	if hasSignature(head) {
		return true
	}
	_, ok := guessEncoding(head)
	return ok
}

func hasSignature(raw []byte) bool {
	return len(raw) >= preambleSize && string(raw[128:132]) == "DICM"
}

// guessEncoding returns the encoding of a file without preamble. With the right encoding, its first two elements are in
// group 2 or 8, small, and in ascending order.
func guessEncoding(head []byte) (encoding, bool) {
	for _, enc := range []encoding{explicitLittle, {binary.BigEndian, true}, implicitLittle} {
		c := cursor{head, enc}
		var last Tag
		read := 0
		for read < 2 {
			explicit := len(c.rest) >= 8 && isVR(c.rest[4:6])
			e, err := c.next()
			group := e.tag >> 16
			if e.tag == 0 || explicit != enc.explicit || e.tag <= last || (group != 2 && group != 8) || e.tag&0xffff > 0x3000 || e.length > 1<<12 {
				break
			}
			read, last = read+1, e.tag
			if err != nil { // the rest of a plausible element is beyond head
				break
			}
		}
		if read == 2 {
			return enc, true
		}
	}
	return encoding{}, false
}

// Parse reads the data set of a file (PS3.5 chapter 7, PS3.10 chapter 7), with or without preamble and file meta
// information. Anything after complete pixel data that is not an element (padding, trailing zeros) is ignored.
func Parse(raw []byte) (*DataSet, error) {
	if hasSignature(raw) {
		raw = raw[preambleSize:]
	}
	d := &DataSet{fields: map[Tag]field{}}
	meta := cursor{raw, explicitLittle}
	for len(meta.rest) >= 8 && binary.LittleEndian.Uint16(meta.rest) == 2 {
		e, err := meta.next()
		if err != nil {
			return nil, err
		}
		if e.length == undefinedLength {
			return nil, errors.New("an element of the file header has undefined length: corrupt file")
		}
		d.fields[e.tag] = field{e.vr, e.value, explicitLittle}
	}
	body := cursor{rest: meta.rest}
	d.Syntax = d.Text(TagTransferSyntax)
	if d.Syntax == SyntaxDeflated {
		inflated, err := inflate(body.rest)
		if err != nil {
			return nil, err
		}
		body.rest = inflated
	}
	body.encoding = d.bodyEncoding(body.rest)
	d.encoding = body.encoding
	return d, d.read(&body)
}

// bodyEncoding returns the encoding of the data set, which the transfer syntax determines. If the first element shows that
// it is wrong about value representations, the element counts. Without a transfer syntax, the first elements decide.
func (d *DataSet) bodyEncoding(body []byte) encoding {
	enc := encoding{binary.LittleEndian, d.Syntax != SyntaxImplicit}
	switch d.Syntax {
	case SyntaxBigEndian:
		enc.order = binary.BigEndian
	case "":
		if guessed, ok := guessEncoding(body); ok {
			enc = guessed
		}
		d.Syntax = SyntaxExplicit
		if enc.order == binary.BigEndian {
			d.Syntax = SyntaxBigEndian
		}
	}
	if len(body) >= 8 {
		enc.explicit = isVR(body[4:6])
	}
	if d.Syntax == SyntaxExplicit && !enc.explicit {
		d.Syntax = SyntaxImplicit
	}
	return enc
}

// inflate unpacks a deflated data set (PS3.5 A.5).
func inflate(packed []byte) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxInflated+1))
	if err != nil {
		return nil, fmt.Errorf("deflated transfer syntax: %w", err)
	}
	if len(raw) > maxInflated {
		return nil, fmt.Errorf("deflated transfer syntax: more than %d bytes when unpacked", maxInflated)
	}
	return raw, nil
}

// read reads fields up to the cursor's end, or to the end marker of an item.
func (d *DataSet) read(c *cursor) error {
	for len(c.rest) >= 8 {
		e, err := c.next()
		if err != nil {
			if d.HasImage() {
				return nil
			}
			return err
		}
		switch {
		case e.tag == 0 && d.HasImage(), e.tag == tagItemEnd:
			return nil
		case e.length != undefinedLength:
			d.fields[e.tag] = field{e.vr, e.value, c.itemEncoding(e)}
		case e.tag == TagPixels:
			if d.offsets, d.fragments, err = c.fragments(); err != nil {
				return err
			}
			d.fragments = d.fragments[:len(d.fragments):len(d.fragments)]
		default:
			value, inner, err := c.body(e, 0)
			if err != nil {
				if d.HasImage() {
					return nil
				}
				return err
			}
			d.fields[e.tag] = field{e.vr, value, inner}
		}
		if len(d.fields) > maxElements {
			return fmt.Errorf("more than %d elements in one data set: corrupt file", maxElements)
		}
	}
	return nil
}

// itemEncoding returns the encoding of the items of a sequence of defined length.
func (c *cursor) itemEncoding(e element) encoding {
	if e.vr == "UN" {
		return implicitLittle
	}
	return c.encoding
}

// HasImage reports whether the data set has pixel data of any kind.
func (d *DataSet) HasImage() bool {
	for _, tag := range []Tag{TagPixels, TagFloatPixels, TagDoublePixels} {
		if _, ok := d.fields[tag]; ok {
			return true
		}
	}
	return d.fragments != nil
}

// Items parses the items of a sequence; nil if it is absent or empty.
func (d *DataSet) Items(tag Tag) ([]*DataSet, error) {
	f, ok := d.fields[tag]
	if !ok {
		return nil, nil
	}
	var items []*DataSet
	c := cursor{f.value, f.inner}
	for len(c.rest) >= 8 {
		e, err := c.next()
		if err != nil {
			return nil, fmt.Errorf("sequence %s: %w", tag, err)
		}
		if e.tag == tagSequenceEnd {
			break
		}
		if e.tag != tagItem || len(items) == maxItems {
			return nil, fmt.Errorf("sequence %s: element %s where an item was expected: corrupt file", tag, e.tag)
		}
		item := &DataSet{Syntax: d.Syntax, encoding: f.inner, fields: map[Tag]field{}}
		inner := &c
		if e.length != undefinedLength {
			inner = &cursor{e.value, f.inner}
		}
		if err := item.read(inner); err != nil {
			return nil, fmt.Errorf("sequence %s: %w", tag, err)
		}
		items = append(items, item)
	}
	return items, nil
}

// Item returns the first item of a sequence, or an empty data set if there is none.
func (d *DataSet) Item(tag Tag) (*DataSet, error) {
	items, err := d.Items(tag)
	if err != nil || len(items) == 0 {
		return &DataSet{Syntax: d.Syntax, encoding: d.encoding}, err
	}
	return items[0], nil
}
