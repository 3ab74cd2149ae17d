package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/x448/float16"
)

// newTensor allocates a tensor of n elements for values of type d.
func newTensor(d DType, shape []int, n int) *Tensor {
	t := &Tensor{Shape: shape, DType: d, Data: make([]float32, n)}
	switch d {
	case I64, I32:
		t.Ints = make([]int64, n)
	case F64:
		t.Doubles = make([]float64, n)
	}
	return t
}

// set decodes the little-endian element at the start of raw into element i.
func (t *Tensor) set(i int, raw []byte) {
	switch t.DType {
	case F32:
		t.Data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw))
	case F16:
		t.Data[i] = float16.Frombits(binary.LittleEndian.Uint16(raw)).Float32()
	case BF16:
		t.Data[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(raw)) << 16)
	case F64:
		t.Doubles[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw))
		t.Data[i] = float32(t.Doubles[i])
	case I64:
		t.Ints[i] = int64(binary.LittleEndian.Uint64(raw))
		t.Data[i] = float32(t.Ints[i])
	case I32:
		t.Ints[i] = int64(int32(binary.LittleEndian.Uint32(raw)))
		t.Data[i] = float32(t.Ints[i])
	case I16:
		t.Data[i] = float32(int16(binary.LittleEndian.Uint16(raw)))
	case I8:
		t.Data[i] = float32(int8(raw[0]))
	case U8:
		t.Data[i] = float32(raw[0])
	case BOOL:
		if raw[0] != 0 {
			t.Data[i] = 1
		}
	}
}

// appendElement appends element i of t, encoded as d, to dst. A finite value beyond the range of d is an error; one
// that d can only hold rounded is not. Doubles become halves by way of float32, as in PyTorch.
func (t *Tensor) appendElement(dst []byte, i int, d DType) ([]byte, error) {
	v := t.Data[i]
	exact := float64(v)
	if t.Doubles != nil {
		exact = t.Doubles[i]
	}
	switch d {
	case F32:
		if overflows(exact, float64(v)) {
			return nil, rangeError(exact, d)
		}
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(v)), nil
	case F16:
		h := float16.Fromfloat32(v)
		if overflows(exact, float64(h.Float32())) {
			return nil, rangeError(exact, d)
		}
		return binary.LittleEndian.AppendUint16(dst, h.Bits()), nil
	case BF16:
		h := bfloat16Bits(v)
		if overflows(exact, float64(math.Float32frombits(uint32(h)<<16))) {
			return nil, rangeError(exact, d)
		}
		return binary.LittleEndian.AppendUint16(dst, h), nil
	case F64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(exact)), nil
	case I64:
		return binary.LittleEndian.AppendUint64(dst, uint64(t.integer(i))), nil
	case I32:
		return binary.LittleEndian.AppendUint32(dst, uint32(t.integer(i))), nil
	case I16:
		return binary.LittleEndian.AppendUint16(dst, uint16(t.integer(i))), nil
	case I8, U8, BOOL:
		return append(dst, byte(t.integer(i))), nil
	}
	return nil, fmt.Errorf("unknown element type %q", d)
}

// integer returns element i of an integer tensor.
func (t *Tensor) integer(i int) int64 {
	if t.Ints != nil {
		return t.Ints[i]
	}
	return int64(t.Data[i])
}

// overflows reports whether rounding made an infinity of a finite value.
func overflows(v, rounded float64) bool { return math.IsInf(rounded, 0) && !math.IsInf(v, 0) }

// rangeError says that a finite value cannot be written as d, and what to do.
func rangeError(v float64, d DType) error {
	if math.Abs(v) > math.MaxFloat32 {
		return fmt.Errorf("value %g is outside the range of %s; keep the tensor's own type, F64", v, d)
	}
	return fmt.Errorf("value %g is outside the range of %s; write it as F32", v, d)
}

// bfloat16Bits rounds v to the nearest bfloat16, ties to even, as PyTorch does.
func bfloat16Bits(v float32) uint16 {
	b := math.Float32bits(v)
	if v != v {
		return uint16(b>>16) | 0x40 // keep a NaN a NaN
	}
	return uint16((b + 0x7fff + (b>>16)&1) >> 16)
}
