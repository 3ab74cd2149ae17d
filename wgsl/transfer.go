package wgsl

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// stagingBytes is the size of a piece of a transfer. WebGPU keeps a copy of what is written until it is submitted; writing in
// pieces bounds that memory.
const stagingBytes = 4 << 20

// maxUnsent is the number of bytes that may be written before the device submits them and waits.
const maxUnsent = 4 * stagingBytes

// Write implements backend.Device.
func (d *Device) Write(b backend.Buffer, off int, src []float32) {
	dst := checkRange("Write", b, off, len(src))
	if dst.half {
		panic("wgsl.Write: the buffer is stored as float16")
	}
	if len(src) == 0 || !d.usable(dst) {
		return
	}
	d.tally.Sent += 4 * int64(len(src))
	if dst.batch == d.batch.id && len(d.batch.launches) > 0 { // writes run before the batch, whose launches need the old contents
		if dst.used {
			d.flush()
		} else {
			d.renew(dst)
		}
	}
	for start := 0; start < len(src); start += stagingBytes / 4 {
		piece := src[start:min(start+stagingBytes/4, len(src))]
		if err := d.driver.write(dst.raw, off+start, piece); err != nil {
			d.fail(fmt.Errorf("wgsl: write: %w", err))
			return
		}
		if d.unsent += 4 * len(piece); d.unsent > maxUnsent {
			d.flush()
			d.driver.submitWrites()
			d.fail(d.waitIdle())
		}
	}
}

// Read implements backend.Device. If it returns an error, it has not changed dst.
func (d *Device) Read(b backend.Buffer, off int, dst []float32) error {
	return d.ReadAll([]backend.Part{{From: b, Off: off, To: dst}})
}

// ReadAll implements backend.Device. It waits once for every stagingBytes.
func (d *Device) ReadAll(parts []backend.Part) error {
	var pieces []piece
	for _, p := range parts {
		src := checkRange("Read", p.From, p.Off, len(p.To))
		if src.half {
			wide := d.widened(src)
			defer d.Free(wide)
			src = wide
		}
		if len(p.To) > 0 && d.usable(src) {
			d.tally.Got += 4 * int64(len(p.To))
			pieces = append(pieces, piece{from: src, off: p.Off, to: p.To})
		}
	}
	d.flush()
	if len(pieces) == 0 || d.err != nil || d.lost != nil {
		return d.takeError()
	}
	if d.staging == nil {
		d.staging = d.createBuffer(stagingBytes, forStaging)
		d.pool.own = stagingBytes
		d.pool.notePeak()
	}
	for _, fit := range stagings(pieces) {
		if d.err == nil {
			d.tally.Readbacks++
			d.fail(d.driver.read(fit, d.staging))
			d.batch.ahead, d.unsent = 0, 0
		}
	}
	return d.takeError()
}

// piece is a range of a buffer to read.
type piece struct {
	from *buffer
	off  int
	to   []float32
}

// stagings divides pieces into groups of at most stagingBytes, splitting pieces where necessary.
func stagings(pieces []piece) (out [][]reading) {
	room := 0
	for _, p := range pieces {
		for len(p.to) > 0 {
			if room == 0 {
				out, room = append(out, nil), stagingBytes/4
			}
			n := min(len(p.to), room)
			last := len(out) - 1
			out[last] = append(out[last], reading{p.from.raw, p.off, p.to[:n]})
			p.off, p.to, room = p.off+n, p.to[n:], room-n
		}
	}
	return out
}

// Sync implements backend.Device.
func (d *Device) Sync() error {
	d.flush()
	if d.lost == nil {
		d.fail(d.waitIdle())
	}
	return d.takeError()
}

// usable reports whether b can be used: neither its allocation nor anything since the last Read or Sync has failed.
func (d *Device) usable(b *buffer) bool {
	if b.raw == nil {
		d.fail(fmt.Errorf("%w: a buffer of %d words could not be allocated earlier", ErrOutOfMemory, b.n))
	}
	return d.err == nil && d.lost == nil
}

// checkRange returns b as a buffer of this package. It panics if b was freed or does not hold n words from word off on.
func checkRange(op string, b backend.Buffer, off, n int) *buffer {
	own := b.(*buffer)
	if own.freed {
		panic(fmt.Sprintf("wgsl.%s: buffer was freed", op))
	}
	if off < 0 || off+n > own.n {
		panic(fmt.Sprintf("wgsl.%s: got words %d..%d, want within 0..%d", op, off, off+n, own.n))
	}
	return own
}
