package cpu

import (
	"math/bits"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

// keepPooled is how many bytes of freed memory the pool keeps in any case. Beyond it, the pool is emptied when it
// holds more than is live and a request still finds nothing: the sizes in use have changed.
const keepPooled = 256 << 20

// pool keeps freed memory by size class, so that a pass that repeats allocates nothing.
type pool struct {
	free map[int][][]float32 // by capacity in words
	mem  backend.Memory
}

func newPool() pool {
	return pool{free: map[int][][]float32{}}
}

// sizeClass rounds n up to one of four sizes per power of two: at most a quarter is wasted, and tensors whose sizes differ
// a little share memory.
func sizeClass(n int) int {
	const smallest = 64 // words
	if n <= smallest {
		return smallest
	}
	step := 1 << (bits.Len(uint(n-1)) - 3)
	return (n + step - 1) / step * step
}

// take returns n words with undefined contents.
func (p *pool) take(n int) []float32 {
	class := sizeClass(n)
	size := 4 * int64(class)
	p.mem.Live += size
	if list := p.free[class]; len(list) > 0 {
		last := len(list) - 1
		data := list[last]
		p.free[class] = list[:last]
		p.mem.Pooled -= size
		return data[:n]
	}
	if p.mem.Pooled > max(keepPooled, p.mem.Live) {
		clear(p.free)
		p.mem.Pooled = 0
	}
	p.mem.Peak = max(p.mem.Peak, p.mem.Live+p.mem.Pooled)
	return make([]float32, n, class)
}

// put takes back what take returned.
func (p *pool) put(data []float32) {
	class := cap(data)
	p.free[class] = append(p.free[class], data)
	p.mem.Live -= 4 * int64(class)
	p.mem.Pooled += 4 * int64(class)
}

func (p *pool) resetPeak() {
	p.mem.Peak = p.mem.Live
}
