package nninteractive

import (
	"encoding/binary"
	"math"

	"github.com/seed-6f79f512/slmsam/annotate"
	"github.com/x448/float16"
)

// dtype is NumPy's name of an element type.
type dtype string

// parseDtype accepts NumPy's boolean, integer and floating-point types of up to 8 bytes.
func parseDtype(name string) (dtype, error) {
	d := dtype(name)
	if d.size() == 0 {
		return "", annotate.Inputf("the element type %.20q is not accepted here: want bool, int8 to int64, uint8 to uint64 or float16 to float64", name)
	}
	return d, nil
}

func (d dtype) String() string { return string(d) }

// size returns the number of bytes of an element, 0 for an unknown type.
func (d dtype) size() int {
	switch d {
	case "bool", "int8", "uint8":
		return 1
	case "int16", "uint16", "float16":
		return 2
	case "int32", "uint32", "float32":
		return 4
	case "int64", "uint64", "float64":
		return 8
	}
	return 0
}

func (d dtype) isFloat() bool { return d == "float16" || d == "float32" || d == "float64" }

// floats converts the elements to finite float32 values; see annotate.MakeFinite.
func (a *array) floats() []float32 {
	size := a.dtype.size()
	out := make([]float32, len(a.raw)/size)
	le := binary.LittleEndian
	read := map[dtype]func(b []byte) float32{
		"bool":    func(b []byte) float32 { return float32(min(b[0], 1)) },
		"uint8":   func(b []byte) float32 { return float32(b[0]) },
		"int8":    func(b []byte) float32 { return float32(int8(b[0])) },
		"int16":   func(b []byte) float32 { return float32(int16(le.Uint16(b))) },
		"uint16":  func(b []byte) float32 { return float32(le.Uint16(b)) },
		"float16": func(b []byte) float32 { return float16.Frombits(le.Uint16(b)).Float32() },
		"int32":   func(b []byte) float32 { return float32(int32(le.Uint32(b))) },
		"uint32":  func(b []byte) float32 { return float32(le.Uint32(b)) },
		"float32": func(b []byte) float32 { return math.Float32frombits(le.Uint32(b)) },
		"int64":   func(b []byte) float32 { return float32(int64(le.Uint64(b))) },
		"uint64":  func(b []byte) float32 { return float32(le.Uint64(b)) },
		"float64": func(b []byte) float32 { return float32(math.Float64frombits(le.Uint64(b))) },
	}[a.dtype]
	for i := range out {
		out[i] = read(a.raw[i*size:])
	}
	if a.dtype.isFloat() {
		annotate.MakeFinite(out)
	}
	return out
}

// bools reports for each element whether it is nonzero.
func (a *array) bools() []bool {
	size := a.dtype.size()
	out := make([]bool, len(a.raw)/size)
	for i := range out {
		out[i] = !allZero(a.raw[i*size : (i+1)*size])
	}
	return out
}
