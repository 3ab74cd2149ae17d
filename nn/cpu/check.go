package cpu

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// buffer is a block of words of one device; data is nil once it is freed.
type buffer struct {
	owner *Device
	data  []float32
}

// Len implements backend.Buffer.
func (b *buffer) Len() int { return len(b.data) }

// own returns b as a live buffer of d, or panics in the name of kernel op and its argument arg.
func (d *Device) own(op, arg string, b backend.Buffer) *buffer {
	buf, ok := b.(*buffer)
	switch {
	case b == nil || ok && buf == nil:
		panic(fmt.Sprintf("cpu.%s: got nil for %s, want a buffer", op, arg))
	case !ok:
		panic(fmt.Sprintf("cpu.%s: got a %T for %s, want a buffer of this device", op, b, arg))
	case buf.owner != d:
		panic(fmt.Sprintf("cpu.%s: got a buffer of another device for %s, want one of this device", op, arg))
	case buf.data == nil:
		panic(fmt.Sprintf("cpu.%s: got a freed buffer for %s, want a live one", op, arg))
	}
	return buf
}

// words returns the first n words of b.
func (d *Device) words(op, arg string, b backend.Buffer, n int) []float32 {
	return d.part(op, arg, b, 0, n)
}

// part returns words off..off+n of b.
func (d *Device) part(op, arg string, b backend.Buffer, off, n int) []float32 {
	data := d.own(op, arg, b).data
	if off < 0 || n < 0 || n > len(data)-off {
		panic(fmt.Sprintf("cpu.%s: got %d words in %s, want %d from word %d", op, len(data), arg, n, off))
	}
	return data[off : off+n]
}

// optional is words for an argument that may be nil: the result is then nil.
func (d *Device) optional(op, arg string, b backend.Buffer, n int) []float32 {
	if b == nil {
		return nil
	}
	return d.words(op, arg, b, n)
}

// strided returns all words of b after checking that off plus any index of dims times its stride lies inside.
func (d *Device) strided(op, arg string, b backend.Buffer, off int, dims, strides []int) []float32 {
	data := d.own(op, arg, b).data
	lo, hi := off, off
	for i, n := range dims {
		if s := (n - 1) * strides[i]; s < 0 {
			lo += s
		} else {
			hi += s
		}
	}
	if lo < 0 || hi >= len(data) {
		panic(fmt.Sprintf("cpu.%s: got %d words in %s, want words %d..%d (offset %d, sizes %v, strides %v)",
			op, len(data), arg, lo, hi, off, dims, strides))
	}
	return data
}

// positive panics unless all sizes of kernel op are at least 1. names is their list for people: "M, N, K".
func positive(op, names string, sizes ...int) {
	for _, n := range sizes {
		if n < 1 {
			panic(fmt.Sprintf("cpu.%s: got %s = %v, want all at least 1", op, names, sizes))
		}
	}
}

// check panics with the formatted text unless ok.
func check(ok bool, op, format string, args ...any) {
	if !ok {
		panic(fmt.Sprintf("cpu."+op+": "+format, args...))
	}
}
