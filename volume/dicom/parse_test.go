package dicom

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// item wraps elements as an item of undefined length.
func item(elements ...[]byte) []byte {
	b := appendItem(nil, tagItem, undefinedLength)
	for _, e := range elements {
		b = append(b, e...)
	}
	return appendItem(b, tagItemEnd, 0)
}

// open returns a sequence of undefined length. If vr is empty, it is in the implicit syntax.
func open(tag Tag, vr string, items ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(tag>>16))
	b = binary.LittleEndian.AppendUint16(b, uint16(tag))
	if vr != "" {
		b = append(append(b, vr...), 0, 0)
	}
	b = binary.LittleEndian.AppendUint32(b, undefinedLength)
	for _, i := range items {
		b = append(b, i...)
	}
	return appendItem(b, tagSequenceEnd, 0)
}

// implicit returns an element in the implicit syntax.
func implicit(tag Tag, value string) []byte {
	return append(appendItem(nil, tag, len(value)), value...)
}

// TestSequences checks that sequences of known and unknown representation and length, nested, and with implicit
// elements inside an explicit file, are read and skipped correctly.
func TestSequences(t *testing.T) {
	const private, name, rows = Tag(0x00091010), Tag(0x00081155), TagRows
	tail := Set{}
	tail.Short(rows, 7)
	for what, sequence := range map[string][]byte{
		"SQ, explicit inside":             open(private, "SQ", item(Set{name: {VR: "UI", Value: []byte("1.2")}}.appendTo(nil))),
		"UN, implicit inside (CP-246)":    open(private, "UN", item(implicit(name, "1.2\x00"))),
		"UN, explicit inside":             open(private, "UN", item(Set{name: {VR: "UI", Value: []byte("1.2")}}.appendTo(nil))),
		"UN within UN":                    open(private, "UN", item(open(0x00091011, "", item(implicit(name, "9"))), implicit(name, "1.2\x00"))),
		"SQ, elements without VR":         open(private, "SQ", item(implicit(name, "1.2\x00"))),
		"SQ, item of known length":        open(private, "SQ", append(appendItem(nil, tagItem, 12), implicit(name, "1.2\x00")...)),
		"UN of known length, implicit":    Set{private: {VR: "UN", Value: item(implicit(name, "1.2\x00"))}}.appendTo(nil),
		"SQ of known length, known items": Set{private: {VR: "SQ", Items: []Set{{name: {VR: "UI", Value: []byte("1.2")}}}}}.appendTo(nil),
	} {
		t.Run(what, func(t *testing.T) {
			raw := File(SyntaxExplicit, Set{TagSOPClass: {VR: "UI", Value: []byte("1.2")}})
			d, err := Parse(tail.appendTo(append(raw, sequence...)))
			require.NoError(t, err)
			require.Equal(t, 7, d.Short(rows, 0))
			items, err := d.Items(private)
			require.NoError(t, err)
			require.Len(t, items, 1)
			require.Equal(t, "1.2", items[0].Text(name))
		})
	}
}

// TestFormsOfFiles reads files without preamble, without header, in either byte order, and with something after the
// pixels.
func TestFormsOfFiles(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "m16.dcm"))
	require.NoError(t, err)
	want, err := readPixels(t, "m16.dcm").Frame(2)
	require.NoError(t, err)
	bodyOf := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(t, err)
		c := cursor{raw[preambleSize:], explicitLittle}
		for binary.LittleEndian.Uint16(c.rest) == 2 {
			_, err := c.next()
			require.NoError(t, err)
		}
		return c.rest
	}
	implicitFile, err := os.ReadFile(filepath.Join("testdata", "m16.implicit.dcm"))
	require.NoError(t, err)
	wrong := append(append([]byte{}, implicitFile[:len(implicitFile)-len(bodyOf("m16.implicit.dcm"))]...), bodyOf("m16.dcm")...)
	for what, file := range map[string][]byte{
		"no preamble":                   raw[preambleSize:],
		"no header, explicit":           bodyOf("m16.dcm"),
		"no header, implicit":           bodyOf("m16.implicit.dcm"),
		"no header, big-endian":         bodyOf("m16.bigendian.dcm"),
		"header says implicit, wrongly": wrong,
		"zeros after the pixels":        append(append([]byte{}, raw...), make([]byte, 512)...),
		"seven zeros":                   append(append([]byte{}, raw...), make([]byte, 7)...),
		"text after the pixels":         append(append([]byte{}, raw...), "padded by the archive, no element"...),
		"implicit, zeros after":         append(append([]byte{}, implicitFile...), make([]byte, 64)...),
		"padding element of the format": append(append([]byte{}, raw...), Set{0xfffcfffc: {VR: "OB", Value: make([]byte, 100)}}.appendTo(nil)...),
	} {
		t.Run(what, func(t *testing.T) {
			require.True(t, Is(file[:352]))
			got, err := parsePixels(t, file).Frame(2)
			require.NoError(t, err)
			require.Equal(t, want, got)
		})
	}
	for _, other := range []string{"", "\x08", "\x08\x00\x05\x00", "a text file that is longer than a few bytes", "\x5c\x01\x00\x00 NIfTI", string(make([]byte, 352)),
		"\x08\x00\x08\x00\xff\xff\xff\x00\x08\x00\x09\x00\x04\x00\x00\x00abcd"} {
		require.False(t, Is([]byte(other)), "%q", other)
	}
}

// TestNumbers reads decimal strings as people and programs write them, and checks that written ones have at most 16
// characters.
func TestNumbers(t *testing.T) {
	const tag = Tag(0x00280030)
	for text, want := range map[string][]float64{"1.5\\2": {1.5, 2}, "1,5\\2,25": {1.5, 2.25}, " 0.5 \\ +7 ": {0.5, 7}, "1e-1\\-3.0\\9": {0.1, -3}, "0.5\\0.5\x00": {0.5, 0.5}} {
		d, err := Parse(File(SyntaxExplicit, Set{tag: {VR: "DS", Value: []byte(text)}}))
		require.NoError(t, err)
		got, ok, err := d.Numbers(tag, 2)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, want, got, text)
	}
	for text, want := range map[string]string{"1": "want 2 numbers", "1\\x": "not a finite number", "1\\NaN": "not a finite number", "1.2.3\\4": "not a finite number"} {
		d, err := Parse(File(SyntaxExplicit, Set{tag: {VR: "DS", Value: []byte(text)}}))
		require.NoError(t, err)
		_, _, err = d.Numbers(tag, 2)
		require.ErrorContains(t, err, want)
	}
	s := Set{}
	s.Decimals(tag, 1.0/3, -1e-9/7, 1e300, 0, 0, 12345678901234567)
	for _, word := range (&DataSet{fields: map[Tag]field{tag: {value: s[tag].Value}}}).Texts(tag) {
		require.LessOrEqual(t, len(word), 16)
	}
	require.Equal(t, `0.33333333333333\-1.428571429e-10\1e+300\0\0\1.2345678901e+16`, string(s[tag].Value))
}
