package dicom

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Has reports whether an element is present. It may be empty.
func (d *DataSet) Has(tag Tag) bool {
	_, ok := d.fields[tag]
	return ok
}

// Raw returns the bytes of an element as stored in the file; nil if it is absent.
func (d *DataSet) Raw(tag Tag) []byte { return d.fields[tag].value }

// Text returns a string element without padding; "" if it is absent.
func (d *DataSet) Text(tag Tag) string {
	return strings.Trim(string(d.fields[tag].value), " \x00\t\r\n")
}

// Texts returns the values of a string element, each without padding.
func (d *DataSet) Texts(tag Tag) []string {
	text := d.Text(tag)
	if text == "" {
		return nil
	}
	words := strings.Split(text, "\\")
	for i := range words {
		words[i] = strings.Trim(words[i], " \x00")
	}
	return words
}

// Numbers reads an element of at least count numbers: decimal strings (DS, IS), in which a decimal comma counts as a
// point, or binary numbers (US, SS, UL, SL, FL, FD). ok is false if the element is absent or empty.
func (d *DataSet) Numbers(tag Tag, count int) (out []float64, ok bool, err error) {
	f := d.fields[tag]
	words := d.Texts(tag)
	if binaryVR[f.vr] > 0 {
		out = d.binaryNumbers(f)
	} else {
		for _, word := range words {
			if len(out) == count && count > 0 {
				break
			}
			x, err := strconv.ParseFloat(strings.ReplaceAll(word, ",", "."), 64)
			if err != nil {
				return nil, false, fmt.Errorf("element %s %.60q is not a finite number", tag, d.Text(tag))
			}
			out = append(out, x)
		}
	}
	if len(out) == 0 {
		return nil, false, nil
	}
	if len(out) < count {
		return nil, false, fmt.Errorf("element %s %.60q: want %d numbers", tag, d.Text(tag), count)
	}
	for _, x := range out {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, false, fmt.Errorf("element %s holds %g, which is not a finite number", tag, x)
		}
	}
	return out, true, nil
}

// Number reads a single number. ok is false if the element is absent, empty or not a number.
func (d *DataSet) Number(tag Tag) (x float64, ok bool) {
	n, ok, err := d.Numbers(tag, 1)
	if err != nil || !ok {
		return 0, false
	}
	return n[0], true
}

// binaryVR holds the size of a value by binary value representation.
var binaryVR = map[string]int{"US": 2, "SS": 2, "UL": 4, "SL": 4, "FL": 4, "FD": 8}

// binaryNumbers reads the values of a binary field.
func (d *DataSet) binaryNumbers(f field) []float64 {
	size := binaryVR[f.vr]
	out := make([]float64, 0, len(f.value)/size)
	for v := f.value; len(v) >= size; v = v[size:] {
		switch f.vr {
		case "US":
			out = append(out, float64(d.order.Uint16(v)))
		case "SS":
			out = append(out, float64(int16(d.order.Uint16(v))))
		case "UL":
			out = append(out, float64(d.order.Uint32(v)))
		case "SL":
			out = append(out, float64(int32(d.order.Uint32(v))))
		case "FL":
			out = append(out, float64(math.Float32frombits(d.order.Uint32(v))))
		default:
			out = append(out, math.Float64frombits(d.order.Uint64(v)))
		}
	}
	return out
}

// Shorts reads a US element, whether or not the file states its value representation.
func (d *DataSet) Shorts(tag Tag) []int {
	var out []int
	for v := d.fields[tag].value; len(v) >= 2; v = v[2:] {
		out = append(out, int(d.order.Uint16(v)))
	}
	return out
}

// Short reads an unsigned 16-bit number, or returns fallback if it is absent.
func (d *DataSet) Short(tag Tag, fallback int) int {
	v := d.fields[tag].value
	if len(v) < 2 {
		return fallback
	}
	return int(d.order.Uint16(v))
}
