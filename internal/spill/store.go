// Package spill keeps numbers for which there is no room in memory. A Store has what costs time to compute: in memory up to
// a budget, then in files up to another. What was not used for the longest time goes first. Losing something is never an
// error: whoever asks computes it again. A Pile loses nothing.
package spill

import (
	"container/list"
	"fmt"
	"os"
	"sync"
)

// Key names what is kept. Equal keys stand for equal numbers.
type Key [32]byte

// Budget is how much a Store may hold. Memory and Disk are in bytes; 0: none.
type Budget struct {
	Memory, Disk int64
	Dir          string // in which the folder of the files is made; empty: the system's place for temporary files
}

// Store keeps numbers by key. Its methods may be called from several goroutines at once.
type Store struct {
	mu      sync.Mutex
	memory  shelf
	disk    shelf
	parent  string
	dir     string // of the files; empty before the first
	broken  bool   // no folder can be made: the disk is not used
	hits    int
	missing int
}

// shelf is one of the two places.
type shelf struct {
	budget, used int64
	byKey        map[Key]*list.Element
	recent       list.List // of *item, the last used first
}

type item struct {
	key  Key
	data []float32 // on the memory's shelf
	size int64     // bytes
}

// New returns an empty store. It makes no folder before it needs one.
func New(b Budget) *Store {
	s := &Store{parent: b.Dir}
	s.memory = shelf{budget: b.Memory, byKey: map[Key]*list.Element{}}
	s.disk = shelf{budget: b.Disk, byKey: map[Key]*list.Element{}}
	return s
}

// Get returns what is kept under a key, or nil. Callers do not change it.
func (s *Store) Get(k Key) []float32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if it := s.memory.touch(k); it != nil {
		s.hits++
		return it.data
	}
	if it := s.disk.touch(k); it != nil {
		if data := readFile(s.path(k), k, it.size); data != nil {
			s.hits++
			s.remember(k, data)
			return data
		}
		s.discard(it)
	}
	s.missing++
	return nil
}

// Has says whether something is kept under a key, as far as that is known without reading it.
func (s *Store) Has(k Key) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.memory.byKey[k] != nil || s.disk.byKey[k] != nil
}

// Put keeps data, which nobody changes afterwards.
func (s *Store) Put(k Key, data []float32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.memory.touch(k) == nil {
		s.remember(k, data)
	}
}

// Drop forgets a key.
func (s *Store) Drop(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.memory.byKey[k]; e != nil {
		s.memory.remove(e)
	}
	if e := s.disk.byKey[k]; e != nil {
		s.discard(e.Value.(*item))
	}
}

// remember puts data into memory; what no longer fits there goes to the disk.
func (s *Store) remember(k Key, data []float32) {
	it := &item{key: k, data: data, size: bytesOf(len(data))}
	for s.memory.used+it.size > s.memory.budget {
		oldest := s.memory.oldest()
		if oldest == nil {
			s.write(it)
			return
		}
		s.memory.remove(s.memory.byKey[oldest.key])
		s.write(oldest)
	}
	s.memory.add(it)
}

// write puts an item on the disk, unless it is there; the oldest files make room within the budget. What cannot be written is
// lost.
func (s *Store) write(it *item) {
	if s.disk.touch(it.key) != nil || it.size > s.disk.budget || !s.folder() {
		return
	}
	for s.disk.used+it.size > s.disk.budget {
		s.discard(s.disk.oldest())
	}
	if writeFile(s.path(it.key), it.key, it.data) != nil {
		_ = os.Remove(s.path(it.key)) // what was written of it
		return
	}
	s.disk.add(&item{key: it.key, size: it.size})
}

// discard takes a file away.
func (s *Store) discard(it *item) {
	s.disk.remove(s.disk.byKey[it.key])
	_ = os.Remove(s.path(it.key)) // the whole folder goes in the end
}

// folder makes the folder of the files and says whether it is there.
func (s *Store) folder() bool {
	if s.dir == "" && !s.broken {
		dir, err := os.MkdirTemp(s.parent, "slmsam-cache-")
		s.dir, s.broken = dir, err != nil
	}
	return s.dir != ""
}

// Usage is how much a store holds, in bytes, and how often it had what it was asked for.
type Usage struct {
	Memory, Disk  int64
	Hits, Missing int
}

// Usage returns the present numbers.
func (s *Store) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Usage{Memory: s.memory.used, Disk: s.disk.used, Hits: s.hits, Missing: s.missing}
}

// Room is how many items of n numbers fit at most.
func (s *Store) Room(n int) int {
	size := bytesOf(n)
	return int(s.memory.budget/size + s.disk.budget/size)
}

// Close removes the files. The store keeps nothing afterwards.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.memory, s.disk, s.broken = shelf{}, shelf{}, true
	dir := s.dir
	if s.dir = ""; dir == "" {
		return nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove cached features: %w", err)
	}
	return nil
}

// touch finds an item and makes it the last used.
func (s *shelf) touch(k Key) *item {
	e := s.byKey[k]
	if e == nil {
		return nil
	}
	s.recent.MoveToFront(e)
	return e.Value.(*item)
}

// oldest is what was not used for the longest time; nil: there is nothing.
func (s *shelf) oldest() *item {
	if e := s.recent.Back(); e != nil {
		return e.Value.(*item)
	}
	return nil
}

func (s *shelf) add(it *item) {
	s.byKey[it.key] = s.recent.PushFront(it)
	s.used += it.size
}

func (s *shelf) remove(e *list.Element) {
	it := s.recent.Remove(e).(*item)
	delete(s.byKey, it.key)
	s.used -= it.size
}
