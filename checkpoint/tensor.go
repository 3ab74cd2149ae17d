package checkpoint

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// DType is the element type of a stored tensor, in safetensors spelling.
type DType string

// The element types that this package reads and writes.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"
	BF16 DType = "BF16"
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U8   DType = "U8"
	BOOL DType = "BOOL"
)

// Size is the number of bytes of one element, 0 for an unknown type.
func (d DType) Size() int {
	switch d {
	case F64, I64:
		return 8
	case F32, I32:
		return 4
	case F16, BF16, I16:
		return 2
	case I8, U8, BOOL:
		return 1
	}
	return 0
}

// Floating reports whether d is a floating point type.
func (d DType) Floating() bool { return d == F64 || d == F32 || d == F16 || d == BF16 }

// Tensor is one stored array in PyTorch layout: contiguous, row-major.
type Tensor struct {
	Shape []int // empty for a scalar
	DType DType // as stored; "" counts as F32

	// Data holds every element as float32, len = product of Shape. It is exact
	// for F32, F16, BF16, I16, I8, U8 and BOOL, and the nearest float32 otherwise.
	Data []float32

	// Ints and Doubles hold the exact values of the types that float32 cannot
	// represent: Ints for I64 and I32, Doubles for F64. Nil for all other types.
	Ints    []int64
	Doubles []float64
}

// Named is a tensor with its state-dict key.
type Named struct {
	Name   string
	Tensor *Tensor
}

// NewF32 wraps data (not copied) as a float32 tensor. It panics if the length is
// not the product of shape.
func NewF32(data []float32, shape ...int) *Tensor {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if n != len(data) {
		panic(fmt.Sprintf("checkpoint.NewF32: got %d values, want %d for shape %v", len(data), n, shape))
	}
	return &Tensor{Shape: append([]int{}, shape...), DType: F32, Data: data}
}

// Len is the number of elements.
func (t *Tensor) Len() int { return len(t.Data) }

// validName reports whether every format can store a tensor under name.
func validName(name string) bool {
	return name != "" && name != metadataKey && utf8.ValidString(name)
}

// Clone returns a deep copy of t.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{
		Shape:   append([]int{}, t.Shape...),
		DType:   t.DType,
		Data:    append([]float32(nil), t.Data...),
		Ints:    append([]int64(nil), t.Ints...),
		Doubles: append([]float64(nil), t.Doubles...),
	}
}

// numElements returns the product of the dimensions of shape, without overflow. A negative
// dimension or a product above limit is an error.
func numElements(shape []int, limit int64) (int64, error) {
	n, empty := int64(1), false
	for _, d := range shape {
		switch {
		case d < 0:
			return 0, fmt.Errorf("negative dimension in shape %v", shape)
		case d == 0:
			empty = true
		case n > math.MaxInt64/int64(d):
			return 0, fmt.Errorf("shape %v overflows", shape)
		default:
			n *= int64(d)
		}
	}
	if empty {
		return 0, nil
	}
	if n > limit {
		return 0, fmt.Errorf("shape %v has %d elements, the file can hold at most %d", shape, n, limit)
	}
	return n, nil
}
