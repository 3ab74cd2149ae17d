package wgsl

import (
	"fmt"
	"math/bits"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// buffer is a backend.Buffer: n words in a block of memory, whose size is one of the pool's size classes.
type buffer struct {
	raw   handle // the block; nil if the allocation failed
	n     int    // words
	bytes int64  // the block's size
	batch uint64 // the last batch with a launch that uses the block
	used  bool   // a launch has used the buffer since it was allocated
	freed bool
	half  bool // the numbers are float16, two in each word of the block (halves.go)
}

// Len is the size in float32 words.
func (b *buffer) Len() int { return b.n }

// pool keeps freed blocks by size. A block can be reused at once, because the GPU runs everything in the order of the calls.
type pool struct {
	free map[int64][]*buffer
	live map[*buffer]struct{}
	mem  backend.Memory
	own  int64 // bytes of the device's own buffers, which count only in Peak
}

// classBytes returns the size class for n words, in bytes: there are four per power of two, so at most a quarter is wasted. The
// smallest is 256 bytes.
func classBytes(n int) int64 {
	size := max(int64(n)*4, 256)
	step := max(int64(1)<<(bits.Len64(uint64(size-1))-3), 256)
	return (size + step - 1) / step * step
}

// Alloc implements backend.Device.
func (d *Device) Alloc(n int) backend.Buffer {
	if n < 1 {
		panic(fmt.Sprintf("wgsl.Alloc: got %d words, want at least 1", n))
	}
	return d.alloc(n)
}

func (d *Device) alloc(n int) *buffer {
	size := classBytes(n)
	if b := d.pool.take(n, size); b != nil {
		return d.pool.adopt(b)
	}
	raw := d.createBuffer(size, forStorage)
	if raw == nil {
		return &buffer{n: n}
	}
	return d.pool.adopt(&buffer{raw: raw, n: n, bytes: size})
}

// classesTried is the number of size classes that can serve a request, from the smallest that fits. So tensors whose sizes vary a
// little from pass to pass share memory.
const classesTried = 3

// take returns a pooled block for n words, of the given size class or one of the next; nil if there is none.
func (p *pool) take(n int, size int64) *buffer {
	for range classesTried {
		if list := p.free[size]; len(list) > 0 {
			last := list[len(list)-1]
			p.free[size] = list[:len(list)-1]
			p.mem.Pooled -= size
			return &buffer{raw: last.raw, n: n, bytes: size, batch: last.batch}
		}
		size = classBytes(int(size/4) + 1)
	}
	return nil
}

// renew moves b, which no launch has used yet, to another block: recorded launches still use its present block under a previous
// owner.
func (d *Device) renew(b *buffer) {
	p, size := &d.pool, b.bytes
	raw, list := handle(nil), p.free[size]
	for i, other := range list {
		if other.batch != d.batch.id {
			raw = other.raw
			p.free[size] = append(list[:i:i], list[i+1:]...)
			p.mem.Pooled -= size
			break
		}
	}
	if raw == nil {
		if raw = d.createBuffer(size, forStorage); raw == nil {
			return
		}
	}
	p.put(&buffer{raw: b.raw, bytes: size, batch: b.batch})
	b.raw, b.batch = raw, 0
	p.notePeak()
}

// adopt counts b as live.
func (p *pool) adopt(b *buffer) *buffer {
	if p.live == nil {
		p.live = map[*buffer]struct{}{}
	}
	p.live[b] = struct{}{}
	p.mem.Live += b.bytes
	p.notePeak()
	return b
}

func (p *pool) notePeak() { p.mem.Peak = max(p.mem.Peak, p.mem.Live+p.mem.Pooled+p.own) }

// createBuffer makes a block outside the pool. If memory is short, it returns the pooled blocks to the driver and tries again; if
// that does not help, it fails the device and returns nil.
func (d *Device) createBuffer(size int64, use use) handle {
	raw, err := d.tryCreate(size, use)
	if err != nil && d.pool.mem.Pooled > 0 {
		d.Trim()
		raw, err = d.tryCreate(size, use)
	}
	if err != nil {
		d.fail(fmt.Errorf("wgsl: allocate %.1f MiB with %.1f MiB in use on %s: %w",
			mib(size), mib(d.pool.mem.Live), d.info.Name, err))
		return nil
	}
	return raw
}

func (d *Device) tryCreate(size int64, use use) (handle, error) {
	if d.lost != nil {
		return nil, d.lost
	}
	if size > d.limits.bufferBytes {
		return nil, fmt.Errorf("%w: the largest buffer here is %.0f MiB", ErrOutOfMemory, mib(d.limits.bufferBytes))
	}
	used := d.pool.mem.Live + d.pool.mem.Pooled + size
	if d.limits.memoryBytes > 0 && used > d.limits.memoryBytes {
		return nil, fmt.Errorf("%w: the limit set is %.1f MiB", ErrOutOfMemory, mib(d.limits.memoryBytes))
	}
	d.fail(d.driver.stray())
	return d.driver.create(size, use)
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// Free implements backend.Device. It ignores nil.
func (d *Device) Free(b backend.Buffer) {
	if b == nil {
		return
	}
	own := b.(*buffer)
	if own.freed {
		panic("wgsl.Free: the buffer has been freed before")
	}
	own.freed = true
	if own.raw == nil {
		return
	}
	p := &d.pool
	delete(p.live, own)
	p.mem.Live -= own.bytes
	p.put(own)
}

// put adds the block of b to the pool.
func (p *pool) put(b *buffer) {
	if p.free == nil {
		p.free = map[int64][]*buffer{}
	}
	p.free[b.bytes] = append(p.free[b.bytes], b)
	p.mem.Pooled += b.bytes
}

// trim releases all pooled blocks.
func (p *pool) trim() {
	for _, list := range p.free {
		for _, b := range list {
			b.raw.Release()
		}
	}
	p.free = nil
	p.mem.Pooled = 0
}

func (p *pool) releaseAll() {
	p.trim()
	for b := range p.live {
		b.raw.Release()
	}
	p.live = nil
	p.mem.Live = 0
}

// Memory implements backend.Device. It counts whole blocks.
func (d *Device) Memory() backend.Memory { return d.pool.mem }

// ResetPeak implements backend.Device.
func (d *Device) ResetPeak() {
	d.pool.mem.Peak = 0
	d.pool.notePeak()
}
