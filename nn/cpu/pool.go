package cpu

import (
	"math/bits"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// keepPooled is the number of bytes of freed memory that the pool always keeps. If it has more, and no block fits a request, and
// live and freed memory together exceed the largest amount that was ever live by a quarter, then the sizes in use have changed,
// and the pool is emptied.
const keepPooled = 256 << 20

// pool keeps freed memory by size class, so that a repeated pass allocates nothing.
type pool struct {
	free map[int][][]float32 // by capacity in words
	mem  backend.Memory
	high int64 // the maximum of mem.Live since the pool was emptied
}

func newPool() pool {
	return pool{free: map[int][][]float32{}}
}

// sizeClass rounds n up to one of four sizes per power of two, so that at most a quarter is wasted, and tensors whose sizes
// differ a little can share memory.
func sizeClass(n int) int {
	const smallest = 64 // words
	if n <= smallest {
		return smallest
	}
	step := 1 << (bits.Len(uint(n-1)) - 3)
	return (n + step - 1) / step * step
}

// nextClass returns the size class after class.
func nextClass(class int) int { return sizeClass(class + 1) }

// classesTried is the number of size classes that can serve a request, from the smallest that fits.
const classesTried = 3

// take returns n words with undefined contents.
func (p *pool) take(n int) []float32 {
	data := p.reuse(n)
	if data == nil {
		data = p.allocate(n)
	}
	p.mem.Live += 4 * int64(cap(data))
	p.high = max(p.high, p.mem.Live)
	p.mem.Peak = max(p.mem.Peak, p.mem.Live+p.mem.Pooled)
	return data
}

// reuse returns a freed block, or nil if none fits.
func (p *pool) reuse(n int) []float32 {
	class := sizeClass(n)
	for range classesTried {
		if list := p.free[class]; len(list) > 0 {
			last := len(list) - 1
			p.free[class] = list[:last]
			p.mem.Pooled -= 4 * int64(class)
			return list[last][:n]
		}
		class = nextClass(class)
	}
	return nil
}

// allocate returns new memory.
func (p *pool) allocate(n int) []float32 {
	class := sizeClass(n)
	if total := p.mem.Live + p.mem.Pooled + 4*int64(class); p.mem.Pooled > keepPooled && total > p.high/4*5 {
		clear(p.free)
		p.mem.Pooled, p.high = 0, p.mem.Live
	}
	return make([]float32, n, class)
}

// put takes back what take has returned.
func (p *pool) put(data []float32) {
	class := cap(data)
	p.free[class] = append(p.free[class], data)
	p.mem.Live -= 4 * int64(class)
	p.mem.Pooled += 4 * int64(class)
}

func (p *pool) resetPeak() {
	p.mem.Peak = p.mem.Live
}
