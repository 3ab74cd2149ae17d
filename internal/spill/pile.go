package spill

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Pile keeps numbers that nobody can compute again, each until it is taken: in memory up to a budget, then in one
// temporary file. What cannot be written stays in memory, whatever the budget. One goroutine at a time uses it.
type Pile[K comparable] struct {
	budget, used int64 // bytes of memory
	file         *os.File
	named        bool  // the file must be removed in the end
	end          int64 // of the file
	broken       bool  // the file cannot be made or written
	kept         map[K]piled
}

// piled is what is kept under a key; data is nil where the file has it.
type piled struct {
	data []float32
	at   int64
	n    int
	sum  uint32 // CRC-32 of the bytes in the file
}

// NewPile returns an empty pile that may hold so many bytes in memory. It makes no file before it needs one.
func NewPile[K comparable](memory int64) *Pile[K] {
	return &Pile[K]{budget: memory, kept: map[K]piled{}}
}

// Put keeps data, which nobody changes afterwards, under a key that holds nothing.
func (p *Pile[K]) Put(k K, data []float32) {
	if p.used+bytesOf(len(data)) > p.budget && !p.broken {
		if it, err := p.write(data); err == nil {
			p.kept[k] = it
			return
		}
		p.broken = true
	}
	p.used += bytesOf(len(data))
	p.kept[k] = piled{data: data, n: len(data)}
}

// write appends data to the file.
func (p *Pile[K]) write(data []float32) (piled, error) {
	if p.file == nil {
		f, err := os.CreateTemp(Folder(), "slmsam-halves-")
		if err != nil {
			return piled{}, err
		}
		p.file = f
		p.named = os.Remove(f.Name()) != nil // where an open file needs no name, a process that is killed leaves nothing
	}
	it := piled{at: p.end, n: len(data)}
	sum := newSum()
	if err := writeNumbers(io.MultiWriter(io.NewOffsetWriter(p.file, it.at), sum), data); err != nil {
		return piled{}, err
	}
	it.sum = sum.Sum32()
	p.end += bytesOf(it.n)
	return it, nil
}

// Take returns what is kept under a key, and keeps it no longer; nil: nothing is.
func (p *Pile[K]) Take(k K) ([]float32, error) {
	it := p.kept[k]
	delete(p.kept, k)
	if it.n == 0 || it.data != nil {
		p.used -= bytesOf(it.n)
		return it.data, nil
	}
	sum := newSum()
	data, err := readNumbers(io.TeeReader(io.NewSectionReader(p.file, it.at, bytesOf(it.n)), sum), it.n)
	if err == nil && sum.Sum32() != it.sum {
		err = errors.New("its contents have changed")
	}
	if err != nil {
		return nil, fmt.Errorf("read temporary file %s: %w", p.file.Name(), err)
	}
	return data, nil
}

// Usage is how much the pile holds in memory and how long its file is, in bytes.
func (p *Pile[K]) Usage() (memory, disk int64) { return p.used, p.end }

// Close removes the file. The pile keeps nothing afterwards.
func (p *Pile[K]) Close() {
	p.kept, p.used = map[K]piled{}, 0
	if p.file == nil {
		return
	}
	_ = p.file.Close() // nothing of it is needed
	if p.named {
		_ = os.Remove(p.file.Name())
	}
	p.file, p.end = nil, 0
}
