package dicom

import (
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Set is a data set to be written.
type Set map[Tag]Field

// Field is an element of a Set: its value, the items of a sequence, or the fragments of compressed pixels.
type Field struct {
	VR        string
	Value     []byte
	Items     []Set
	Fragments [][]byte
}

// Text sets a string element. Several values are separated by backslashes.
func (s Set) Text(tag Tag, vr string, values ...string) {
	s[tag] = Field{VR: vr, Value: []byte(strings.Join(values, "\\"))}
}

// Short sets an element of unsigned 16-bit numbers.
func (s Set) Short(tag Tag, values ...int) {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	s[tag] = Field{VR: "US", Value: b}
}

// Long sets an element of unsigned 32-bit numbers.
func (s Set) Long(tag Tag, values ...int) {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	s[tag] = Field{VR: "UL", Value: b}
}

// Decimals sets an element of decimal strings (DS), with as many digits as fit in 16 characters each.
func (s Set) Decimals(tag Tag, values ...float64) {
	words := make([]string, len(values))
	for i, x := range values {
		words[i] = decimal(x)
	}
	s.Text(tag, "DS", words...)
}

// decimal writes a number in at most 16 characters.
func decimal(x float64) string {
	const most = 16
	text := strconv.FormatFloat(x+0, 'g', -1, 64) // +0 turns -0 into 0
	for digits := most; len(text) > most; digits-- {
		text = strconv.FormatFloat(x, 'g', digits, 64)
	}
	return text
}

// Sequence sets a sequence.
func (s Set) Sequence(tag Tag, items ...Set) { s[tag] = Field{VR: "SQ", Items: items} }

// Copy copies a string element of another file, under the given value representation. An absent element is set empty
// if it is required, and left out otherwise. Binary numbers must not be copied, because the byte order may differ.
func (s Set) Copy(from *DataSet, tag Tag, vr string, required bool) {
	if value := from.Raw(tag); len(value) > 0 || required {
		s[tag] = Field{VR: vr, Value: slices.Clone(value)}
	}
}

// appendTo appends all elements in ascending order, in explicit little-endian encoding.
func (s Set) appendTo(b []byte) []byte {
	for _, tag := range slices.Sorted(maps.Keys(s)) {
		b = s[tag].appendTo(b, tag)
	}
	return b
}

// appendTo appends the element with its tag.
func (f Field) appendTo(b []byte, tag Tag) []byte {
	value := f.Value
	for _, item := range f.Items {
		content := item.appendTo(nil)
		value = appendItem(value, tagItem, len(content))
		value = append(value, content...)
	}
	if len(value)%2 == 1 {
		pad := byte(' ')
		if f.VR == "UI" || f.VR == "OB" {
			pad = 0
		}
		value = append(slices.Clip(value), pad)
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(tag>>16))
	b = binary.LittleEndian.AppendUint16(b, uint16(tag))
	b = append(b, f.VR...)
	if f.Fragments != nil {
		b = binary.LittleEndian.AppendUint32(append(b, 0, 0), undefinedLength)
		return appendFragments(b, f.Fragments)
	}
	if strings.Contains(longVRs, f.VR) {
		b = binary.LittleEndian.AppendUint32(append(b, 0, 0), uint32(len(value)))
	} else {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(value)))
	}
	return append(b, value...)
}

// appendFragments appends an empty offset table, the fragments and the end marker (PS3.5 A.4).
func appendFragments(b []byte, fragments [][]byte) []byte {
	b = appendItem(b, tagItem, 0)
	for _, f := range fragments {
		b = appendItem(b, tagItem, len(f)+len(f)%2)
		b = append(b, f...)
		if len(f)%2 == 1 {
			b = append(b, 0)
		}
	}
	return appendItem(b, tagSequenceEnd, 0)
}

// appendItem appends the tag and length of an item or marker.
func appendItem(b []byte, tag Tag, length int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(tag>>16))
	b = binary.LittleEndian.AppendUint16(b, uint16(tag))
	return binary.LittleEndian.AppendUint32(b, uint32(length))
}

// File returns a complete file: preamble, file meta information (PS3.10 7.1) and data set. The set must have SOP class and
// instance UIDs.
func File(syntax string, s Set) []byte {
	meta := Set{
		tagMetaVersion:    {VR: "OB", Value: []byte{0, 1}},
		TagMetaClass:      {VR: "UI", Value: s[TagSOPClass].Value},
		tagMetaInstance:   {VR: "UI", Value: s[TagSOPInstance].Value},
		TagTransferSyntax: {VR: "UI", Value: []byte(syntax)},
		tagImplementation: {VR: "UI", Value: []byte(implementationUID)},
	}
	body := meta.appendTo(nil)
	meta.Long(tagMetaLength, len(body))
	b := append(make([]byte, 128), "DICM"...)
	return s.appendTo(meta.appendTo(b))
}

// implementationUID identifies this program as the writer: a UID derived from a fixed UUID (PS3.5 B.2).
const implementationUID = "2.25.187413260415170253364211390642311758451"

// TagValue returns an element whose value is a tag (AT).
func TagValue(tag Tag) Field {
	b := binary.LittleEndian.AppendUint16(nil, uint16(tag>>16))
	return Field{VR: "AT", Value: binary.LittleEndian.AppendUint16(b, uint16(tag))}
}

// PlainText replaces characters that a value cannot contain with spaces: backslashes, which separate values, and control
// characters.
func PlainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\\' || r < ' ' {
			return ' '
		}
		return r
	}, s)
}
