package dicom

import (
	"encoding/binary"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Set is a data set to be written.
type Set map[Tag]Field

// Field is the value of one element of a Set: bytes, the items of a sequence, or the fragments of compressed pixels.
type Field struct {
	VR        string
	Value     []byte
	Items     []Set
	Fragments [][]byte
}

// Text sets a string element; several values are separated by backslashes.
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

// Decimals sets an element of decimal strings (DS), each as exact as its 16 characters allow.
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

// Doubles sets an element of 64-bit floats (FD).
func (s Set) Doubles(tag Tag, values ...float64) {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
	}
	s[tag] = Field{VR: "FD", Value: b}
}

// Sequence sets a sequence.
func (s Set) Sequence(tag Tag, items ...Set) { s[tag] = Field{VR: "SQ", Items: items} }

// Copy takes over an element of another file as it is, under the given representation; absent, it is set empty
// if required and left out otherwise. Strings only: numbers of a big-endian file would come out wrong.
func (s Set) Copy(from *DataSet, tag Tag, vr string, required bool) {
	if value := from.Raw(tag); len(value) > 0 || required {
		s[tag] = Field{VR: vr, Value: slices.Clone(value)}
	}
}

// appendTo writes all elements in ascending order, explicit little-endian.
func (s Set) appendTo(b []byte) []byte {
	for _, tag := range slices.Sorted(maps.Keys(s)) {
		b = s[tag].appendTo(b, tag)
	}
	return b
}

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

// appendFragments writes an empty offset table, the fragments and the end marker.
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

func appendItem(b []byte, tag Tag, length int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(tag>>16))
	b = binary.LittleEndian.AppendUint16(b, uint16(tag))
	return binary.LittleEndian.AppendUint32(b, uint32(length))
}

// File is a complete file: preamble, header and data set. The set must hold SOP class and instance.
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

// implementationUID names this program as the writer: a UID derived from a fixed UUID (PS3.5 B.2).
const implementationUID = "2.25.187413260415170253364211390642311758451"

// TagValue is an element that names another element (AT).
func TagValue(tag Tag) Field {
	b := binary.LittleEndian.AppendUint16(nil, uint16(tag>>16))
	return Field{VR: "AT", Value: binary.LittleEndian.AppendUint16(b, uint16(tag))}
}

// PlainText replaces what would end a value: a backslash separates values, and control characters are not allowed.
func PlainText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\\' || r < ' ' {
			return ' '
		}
		return r
	}, s)
}
