package volume

import (
	"encoding/binary"
	"math"
)

// sampleKind is the type of a stored voxel.
type sampleKind int

const (
	kindInt8 sampleKind = iota
	kindUint8
	kindInt16
	kindUint16
	kindInt32
	kindUint32
	kindInt64
	kindUint64
	kindFloat32
	kindFloat64
)

// size returns the number of bytes of a sample.
func (k sampleKind) size() int {
	switch k {
	case kindInt8, kindUint8:
		return 1
	case kindInt16, kindUint16:
		return 2
	case kindInt32, kindUint32, kindFloat32:
		return 4
	}
	return 8
}

// decode widens len(dst) samples of src to float64. 64-bit integers above 2^53 are rounded.
func (k sampleKind) decode(dst []float64, src []byte, order binary.ByteOrder) {
	for i := range dst {
		switch k {
		case kindInt8:
			dst[i] = float64(int8(src[i]))
		case kindUint8:
			dst[i] = float64(src[i])
		case kindInt16:
			dst[i] = float64(int16(order.Uint16(src[2*i:])))
		case kindUint16:
			dst[i] = float64(order.Uint16(src[2*i:]))
		case kindInt32:
			dst[i] = float64(int32(order.Uint32(src[4*i:])))
		case kindUint32:
			dst[i] = float64(order.Uint32(src[4*i:]))
		case kindInt64:
			dst[i] = float64(int64(order.Uint64(src[8*i:])))
		case kindUint64:
			dst[i] = float64(order.Uint64(src[8*i:]))
		case kindFloat32:
			dst[i] = float64(math.Float32frombits(order.Uint32(src[4*i:])))
		case kindFloat64:
			dst[i] = math.Float64frombits(order.Uint64(src[8*i:]))
		}
	}
}

// put stores x, which must be in the kind's range, as a little-endian sample.
func (k sampleKind) put(dst []byte, x float64) {
	le := binary.LittleEndian
	switch k {
	case kindInt8:
		dst[0] = byte(int8(x))
	case kindUint8:
		dst[0] = byte(x)
	case kindInt16:
		le.PutUint16(dst, uint16(int16(x)))
	case kindUint16:
		le.PutUint16(dst, uint16(x))
	case kindInt32:
		le.PutUint32(dst, uint32(int32(x)))
	case kindUint32:
		le.PutUint32(dst, uint32(x))
	case kindInt64:
		le.PutUint64(dst, uint64(int64(x)))
	case kindUint64:
		le.PutUint64(dst, uint64(x))
	case kindFloat32:
		le.PutUint32(dst, math.Float32bits(float32(x)))
	case kindFloat64:
		le.PutUint64(dst, math.Float64bits(x))
	}
}

// labelKind returns the smallest integer type that holds all values: uint8, int8, uint16, int16 or int32.
func labelKind(data []int32) sampleKind {
	var lo, hi int32
	for _, x := range data {
		lo, hi = min(lo, x), max(hi, x)
	}
	switch {
	case lo >= 0 && hi <= math.MaxUint8:
		return kindUint8
	case lo >= math.MinInt8 && hi <= math.MaxInt8:
		return kindInt8
	case lo >= 0 && hi <= math.MaxUint16:
		return kindUint16
	case lo >= math.MinInt16 && hi <= math.MaxInt16:
		return kindInt16
	}
	return kindInt32
}

// imageKind returns int16 if all values are integers that fit, else float32.
func imageKind(data []float32) sampleKind {
	for _, x := range data {
		if x != float32(math.Trunc(float64(x))) || x < math.MinInt16 || x > math.MaxInt16 {
			return kindFloat32
		}
	}
	return kindInt16
}
