package cpu

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// buffer is a backend.Buffer; data is nil once it has been freed.
type buffer struct {
	owner *Device
	n     int
	data  []float32
}

// Len implements backend.Buffer.
func (b *buffer) Len() int { return b.n }

// own returns b as a live buffer of d, or panics. It does not check the size, which is up to the Check methods of backend.
func (d *Device) own(b backend.Buffer) *buffer {
	buf, ok := b.(*buffer)
	switch {
	case b == nil || ok && buf == nil:
		panic("cpu: got nil, want a buffer")
	case !ok:
		panic(fmt.Sprintf("cpu: got a %T, want a buffer of this device", b))
	case buf.owner != d:
		panic("cpu: got a buffer of another device, want one of this device")
	case buf.data == nil:
		panic("cpu: got a freed buffer, want a live one")
	}
	return buf
}

// all returns the words of b.
func (d *Device) all(b backend.Buffer) []float32 { return d.own(b).data }

// words returns the first n words of b.
func (d *Device) words(b backend.Buffer, n int) []float32 { return d.all(b)[:n] }

// optional is words, but returns nil if b is nil.
func (d *Device) optional(b backend.Buffer, n int) []float32 {
	if b == nil {
		return nil
	}
	return d.words(b, n)
}

// part returns n words of b, from word off on, for a transfer.
func (d *Device) part(op string, b backend.Buffer, off, n int) []float32 {
	data := d.all(b)
	if off < 0 || n > len(data)-off {
		panic(fmt.Sprintf("cpu.%s: got %d words, want %d from word %d", op, len(data), n, off))
	}
	return data[off : off+n]
}
