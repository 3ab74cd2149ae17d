package wgsl

import (
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// stagingBytes is the size of one piece of a transfer. WebGPU keeps a copy of every piece written until it is
// submitted, so that pieces bound the memory beside the buffers.
const stagingBytes = 4 << 20

// Write copies src to words off.. of b, after all kernels called so far.
func (d *Device) Write(b backend.Buffer, off int, src []float32) {
	dst := checkRange("Write", b, off, len(src))
	if dst.half {
		panic("wgsl.Write: the buffer is kept as float16")
	}
	if len(src) == 0 || !d.usable(dst) {
		return
	}
	d.tally.Sent += 4 * int64(len(src))
	if dst.batch == d.batch.id { // recorded launches must see the old contents
		d.flush()
	}
	for start := 0; start < len(src); start += stagingBytes / 4 {
		piece := src[start:min(start+stagingBytes/4, len(src))]
		if err := d.driver.write(dst.raw, off+start, piece); err != nil {
			d.fail(fmt.Errorf("wgsl: write: %w", err))
			return
		}
		if len(src) > stagingBytes/4 {
			d.flush()
			d.driver.submitWrites()
			d.fail(d.waitIdle())
		}
	}
}

// Read waits for all kernels called so far, then copies words off.. of b to dst. It returns the first error since
// the last Read or Sync, and leaves dst alone then.
func (d *Device) Read(b backend.Buffer, off int, dst []float32) error {
	src := checkRange("Read", b, off, len(dst))
	if src.half {
		wide := d.widened(src)
		defer d.Free(wide)
		src = wide
	}
	d.flush()
	if len(dst) == 0 || !d.usable(src) {
		return d.takeError()
	}
	d.tally.Readbacks++
	d.tally.Got += 4 * int64(len(dst))
	if d.staging == nil {
		d.staging = d.createBuffer(stagingBytes, forStaging)
		d.pool.own = stagingBytes
		d.pool.notePeak()
	}
	for start := 0; start < len(dst) && d.err == nil; start += stagingBytes / 4 {
		d.fail(d.driver.read(src.raw, off+start, dst[start:min(start+stagingBytes/4, len(dst))], d.staging))
		d.batch.ahead = 0
	}
	return d.takeError()
}

// Sync waits for all kernels called so far and returns the first error since the last Sync or Read.
func (d *Device) Sync() error {
	d.flush()
	if d.lost == nil {
		d.fail(d.waitIdle())
	}
	return d.takeError()
}

// usable says whether work on b makes sense; if b could not be allocated the device has failed already, or fails.
func (d *Device) usable(b *buffer) bool {
	if b.raw == nil {
		d.fail(fmt.Errorf("%w: a buffer of %d words could not be allocated earlier", ErrOutOfMemory, b.n))
	}
	return d.err == nil && d.lost == nil
}

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
