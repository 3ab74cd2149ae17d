package memattn

import (
	"sort"

	"github.com/seed-6f79f512/slmsam/nn"
)

// Entry is the memory of one slice for a group of B objects.
type Entry struct {
	Slice    int
	Prompted bool
	Memory   *nn.Tensor // [B,N,M] features of the slice and its mask; nil until encoded
	Pointer  *nn.Tensor // [B,C] object pointers
}

// release gives up the entry's tensors.
func (e *Entry) release() {
	if e.Memory != nil {
		e.Memory.Release()
	}
	e.Pointer.Release()
}

// Bank holds the memories of slices and owns their tensors.
type Bank struct {
	entries map[int]*Entry
}

// NewBank returns an empty bank.
func NewBank() *Bank { return &Bank{entries: map[int]*Entry{}} }

// Put stores an entry, replacing any for the same slice, and retains its tensors.
func (b *Bank) Put(e Entry) {
	e.Pointer.Retain()
	if e.Memory != nil {
		e.Memory.Retain()
	}
	if old := b.entries[e.Slice]; old != nil {
		old.release()
	}
	b.entries[e.Slice] = &e
}

// Clone returns a bank with the same entries, retaining their tensors.
func (b *Bank) Clone() *Bank {
	out := NewBank()
	for _, e := range b.entries {
		out.Put(*e)
	}
	return out
}

// Get returns a slice's entry, or nil.
func (b *Bank) Get(slice int) *Entry { return b.entries[slice] }

// Forget releases the entries of tracked slices for which keep returns false; prompted slices stay.
func (b *Bank) Forget(keep func(slice int) bool) {
	for s, e := range b.entries {
		if !e.Prompted && !keep(s) {
			e.release()
			delete(b.entries, s)
		}
	}
}

// Keep releases all entries except one slice's.
func (b *Bank) Keep(slice int) {
	for s, e := range b.entries {
		if s != slice {
			e.release()
			delete(b.entries, s)
		}
	}
}

// Clear releases all entries.
func (b *Bank) Clear() {
	for s, e := range b.entries {
		e.release()
		delete(b.entries, s)
	}
}

// prompted returns the entries of prompted slices, ordered by slice.
func (b *Bank) prompted() []*Entry {
	var out []*Entry
	for _, e := range b.entries {
		if e.Prompted {
			out = append(out, e)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Slice < out[j].Slice })
	return out
}

// View is the slice being tracked, from which a bank is viewed.
type View struct {
	Slice   int
	Reverse bool // tracking toward lower slices
	Slices  int  // number of slices in the volume
	Train   bool // pointers of prompted slices ahead count, too (SAM 2: only_obj_ptrs_in_the_past_for_eval)
}

// behind returns the slice at distance r, opposite to the tracking direction.
func (v View) behind(r int) int {
	if v.Reverse {
		return v.Slice + r
	}
	return v.Slice - r
}

// Before returns the previously tracked slice.
func (v View) Before() int { return v.behind(1) }

// distance returns how far behind a slice is; negative means ahead.
func (v View) distance(slice int) int {
	if v.Reverse {
		return slice - v.Slice
	}
	return v.Slice - slice
}

// maxPointers is the most slices whose object pointers are attended to (SAM 2's max_obj_ptrs_in_encoder).
const maxPointers = 16

// PointerSpan returns the number of slices over which pointer distances are normalized.
func (v View) PointerSpan() int { return min(v.Slices, maxPointers) }

// Horizon is the largest distance at which an entry can still be selected.
const Horizon = maxPointers - 1

// Selection lists the memories and pointers to attend to.
type Selection struct {
	Memories []Selected
	Pointers []Selected
}

// Selected is an entry in a role. At is the index of the temporal position for memories, and the signed
// distance for pointers.
type Selected struct {
	*Entry
	At int
}

// SelectLong is SAM 2's policy: all prompted slices, then the frames-1 most recent tracked slices, oldest first.
// Pointers: prompted slices behind, then tracked slices at distance 1, 2, ..., up to the span.
func (b *Bank) SelectLong(v View, frames int) Selection {
	var s Selection
	prompted := b.prompted()
	for _, e := range prompted {
		s.Memories = append(s.Memories, Selected{e, frames - 1})
		if d := v.distance(e.Slice); d >= 0 || v.Train {
			s.Pointers = append(s.Pointers, Selected{e, d})
		}
	}
	for r := frames - 1; r >= 1; r-- {
		if e := b.entries[v.behind(r)]; e != nil && !e.Prompted {
			s.Memories = append(s.Memories, Selected{e, r - 1})
		}
	}
	for r := 1; r < v.PointerSpan(); r++ {
		if e := b.entries[v.behind(r)]; e != nil && !e.Prompted {
			s.Pointers = append(s.Pointers, Selected{e, r})
		}
	}
	return s
}

// SelectShort is the short memory's policy (SLM-SAM 2, section 3.2): the slices at distance n, ..., 1, whether
// tracked or prompted, and their pointers, nearest first.
func (b *Bank) SelectShort(v View, n int) Selection {
	var s Selection
	for r := n; r >= 1; r-- {
		if e := b.entries[v.behind(r)]; e != nil {
			s.Memories = append(s.Memories, Selected{e, r - 1})
		}
	}
	for r := 1; r <= n; r++ {
		if e := b.entries[v.behind(r)]; e != nil {
			s.Pointers = append(s.Pointers, Selected{e, r})
		}
	}
	return s
}
