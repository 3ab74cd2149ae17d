package dicom

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	undefinedLength = 0xffffffff
	maxDepth        = 32 // of nested sequences; those in the standard nest about 8 deep at most
)

var errShort = errors.New("the file ends in the middle of an element: truncated file")

// encoding says how elements are encoded.
type encoding struct {
	order    binary.ByteOrder
	explicit bool // elements have a value representation
}

var (
	implicitLittle = encoding{binary.LittleEndian, false}
	explicitLittle = encoding{binary.LittleEndian, true}
)

// cursor walks over elements.
type cursor struct {
	rest []byte
	encoding
}

// element is an element of a file.
type element struct {
	tag    Tag
	vr     string // value representation; "" if the file does not state it
	length uint32
	value  []byte // nil if length is undefinedLength; the cursor is then at the first item
}

// longVRs are the value representations with a 32-bit length (PS3.5 7.1.2).
const longVRs = "OB OW OF OD OL OV SQ UN UC UR UT SV UV"

// allVRs are the value representations of PS3.5 table 6.2-1.
const allVRs = longVRs + " AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US"

func isVR(b []byte) bool {
	return b[0] >= 'A' && b[0] <= 'Z' && b[1] >= 'A' && b[1] <= 'Z' && strings.Contains(allVRs, string(b[:2]))
}

// next reads an element. In a file with value representations, an element may lack one, because private sequences are
// often copied that way. Its length then follows the tag, as in the implicit syntax.
func (c *cursor) next() (element, error) {
	if len(c.rest) < 8 {
		return element{}, errShort
	}
	e := element{tag: Tag(uint32(c.order.Uint16(c.rest))<<16 | uint32(c.order.Uint16(c.rest[2:])))}
	head := 8
	switch {
	case !c.explicit || e.tag>>16 == 0xfffe || !isVR(c.rest[4:6]):
		e.length = c.order.Uint32(c.rest[4:])
	case strings.Contains(longVRs, string(c.rest[4:6])):
		if len(c.rest) < 12 {
			return element{}, errShort
		}
		e.vr, e.length, head = string(c.rest[4:6]), c.order.Uint32(c.rest[8:]), 12
	default:
		e.vr, e.length = string(c.rest[4:6]), uint32(c.order.Uint16(c.rest[6:]))
	}
	c.rest = c.rest[head:]
	if e.length == undefinedLength {
		return e, nil
	}
	if int64(e.length) > int64(len(c.rest)) {
		return e, fmt.Errorf("element %s should have %d bytes but only %d are left in the file: truncated or corrupt file", e.tag, e.length, len(c.rest))
	}
	e.value, c.rest = c.rest[:e.length:e.length], c.rest[e.length:]
	return e, nil
}

// body returns the items of a sequence of undefined length up to and including its end marker, and how they are
// encoded. A sequence of unknown representation (UN) is implicit little-endian regardless of the file (PS3.5 6.2.2, CP-246),
// but some writers encode it like the file.
func (c *cursor) body(e element, depth int) ([]byte, encoding, error) {
	if e.vr == "UN" {
		inner := cursor{c.rest, implicitLittle}
		if err := inner.skipItems(depth); err == nil {
			raw := c.rest[:len(c.rest)-len(inner.rest)]
			c.rest = inner.rest
			return raw, implicitLittle, nil
		}
	}
	start := c.rest
	if err := c.skipItems(depth); err != nil {
		return nil, c.encoding, err
	}
	return start[:len(start)-len(c.rest)], c.encoding, nil
}

// skipItems moves past the items of a sequence of undefined length and its end marker.
func (c *cursor) skipItems(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("sequences nested more than %d deep: corrupt file", maxDepth)
	}
	for {
		e, err := c.next()
		switch {
		case err != nil:
			return err
		case e.tag == tagSequenceEnd:
			return nil
		case e.tag != tagItem:
			return fmt.Errorf("element %s where a sequence item was expected: corrupt file", e.tag)
		case e.length == undefinedLength:
			if err := c.skipElements(depth + 1); err != nil {
				return err
			}
		}
	}
}

// skipElements moves past the elements of an item of undefined length and its end marker.
func (c *cursor) skipElements(depth int) error {
	for {
		e, err := c.next()
		switch {
		case err != nil:
			return err
		case e.tag == tagItemEnd:
			return nil
		case e.length == undefinedLength:
			if _, _, err := c.body(e, depth); err != nil {
				return err
			}
		}
	}
}

// fragments reads the items of encapsulated pixel data (PS3.5 A.4): the offset table, then the fragments.
// The end marker may be missing at the end of the file.
func (c *cursor) fragments() (offsets []byte, fragments [][]byte, err error) {
	var items [][]byte
	for {
		if len(items) > 0 && len(c.rest) == 0 {
			return items[0], items[1:], nil
		}
		e, err := c.next()
		switch {
		case err != nil:
			return nil, nil, fmt.Errorf("compressed pixel data: %w", err)
		case e.tag == tagSequenceEnd:
			if len(items) == 0 {
				return nil, nil, errors.New("compressed pixel data has no offset table: corrupt file")
			}
			return items[0], items[1:], nil
		case e.tag != tagItem || e.length == undefinedLength:
			return nil, nil, errors.New("compressed pixel data holds something other than fragments: corrupt file")
		}
		items = append(items, e.value)
	}
}
