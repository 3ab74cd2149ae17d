package eval

import (
	"encoding/json"
	"math"
	"strconv"
)

// Value is a measured number. NaN means undefined and is null in JSON and an empty cell in CSV.
type Value float64

// Defined reports whether v is a number.
func (v Value) Defined() bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// MarshalJSON writes null for an undefined value.
func (v Value) MarshalJSON() ([]byte, error) {
	if !v.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(v))
}

// UnmarshalJSON reads null as undefined.
func (v *Value) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*v = Value(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(v))
}

// csv formats v as the shortest decimal that reads back as v, or as "" if it is undefined.
func (v Value) csv() string {
	if !v.Defined() {
		return ""
	}
	return strconv.FormatFloat(float64(v), 'g', -1, 64)
}

// fixed formats v with the given number of decimals, or as a dash if it is undefined.
func (v Value) fixed(decimals int) string {
	if !v.Defined() {
		return "–"
	}
	return strconv.FormatFloat(float64(v), 'f', decimals, 64)
}
