package wgsl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

const (
	maxLaunches = 256 // per submission
	maxFirst    = 32  // in the first submission after a wait, so that an idle GPU starts soon
	maxAhead    = 16  // submissions without a wait, which bounds how long a wait can take
	slotBytes   = 256 // for the params of a launch: the largest alignment that a device may require of dynamic offsets
	alignWords  = 64  // storage bindings begin at multiples of 256 bytes, the largest alignment that a device may require
)

// span is a range of a buffer to bind. The zero span binds a placeholder.
type span struct {
	buf  *buffer
	off  int // where the binding begins, in words: a multiple of alignWords
	n    int // its length in words
	base int // where the range that was asked for begins within the binding
	used int // words that the kernel uses: the whole range, or fewer if there are gaps
}

// bytes is the size of what the kernel uses.
func (s span) bytes() int64 {
	if s.buf == nil {
		return 0
	}
	return int64(s.used) * int64(s.buf.wordBytes())
}

// whole binds all of b; b may be nil.
func whole(b backend.Buffer) span {
	if b == nil {
		return span{}
	}
	return window(b, 0, b.Len())
}

// align is the alignment of bindings of b, in numbers.
func (b *buffer) align() int {
	if b.half {
		return 2 * alignWords
	}
	return alignWords
}

// wordBytes is the size of a number in b.
func (b *buffer) wordBytes() int {
	if b.half {
		return 2
	}
	return 4
}

// window binds n words of b, from word off on; b may be nil.
func window(b backend.Buffer, off, n int) span {
	if b == nil {
		return span{}
	}
	own := checkRange("window", b, off, n)
	base := off % own.align()
	return span{own, off - base, n + base, base, n}
}

// batch is the launches recorded since the last submission.
type batch struct {
	id       uint64 // the number of this submission, from 1 on
	uniforms handle // a slot of slotBytes for the params of each launch
	launches []launch
	params   []uint32 // the contents of uniforms
	work     float64  // estimated FLOP
	ahead    int      // submissions since the last wait
}

// launch is a recorded run of a kernel.
type launch struct {
	kernel *kernel
	group  handle // the bind group
	grid   [3]int // workgroups
}

// launch records a run of grid workgroups of k. work is its estimated cost in FLOP (a word moved counts as one), spans are the
// storage bindings in order, and sent is the contents of struct Params.
func (d *Device) launch(k *kernel, grid [3]int, work float64, spans []span, sent params) {
	if d.err != nil || d.lost != nil || k.program == nil {
		return
	}
	spans, release := d.readable(k, spans)
	defer release()
	d.checkLaunch(k, grid, spans, sent)
	b := &d.batch
	if len(b.launches) == 0 {
		b.id++
	}
	group, err := d.bind(k, spans)
	if err != nil {
		d.fail(fmt.Errorf("wgsl: %s: %w", k.name, err))
		return
	}
	b.launches = append(b.launches, launch{k, group, grid})
	start := len(b.params)
	for _, p := range sent {
		b.params = append(b.params, p.word())
	}
	b.params = append(b.params, make([]uint32, slotBytes/4-(len(b.params)-start))...)
	b.work += work
	d.tally.count(k, work, spans)
	if len(b.launches) == maxLaunches || len(b.launches) >= maxFirst && b.ahead == 0 || b.work >= d.limits.batchWork {
		d.flush()
	}
}

// checkLaunch panics if the code in this package made a mistake.
func (d *Device) checkLaunch(k *kernel, grid [3]int, spans []span, sent params) {
	sent.check(k.name, k.params)
	if len(spans) != len(k.access) || len(sent) > slotBytes/4 {
		panic(fmt.Sprintf("wgsl: %s: got %d spans and %d params, want %d spans and at most %d params",
			k.name, len(spans), len(sent), len(k.access), slotBytes/4))
	}
	if lo, hi := slices.Min(grid[:]), slices.Max(grid[:]); lo < 1 || hi > d.limits.workgroups {
		panic(fmt.Sprintf("wgsl: %s: got grid %v, want 1..%d", k.name, grid, d.limits.workgroups))
	}
	for i, s := range spans {
		if int64(s.n)*4 > d.limits.bindingBytes {
			panic(fmt.Sprintf("wgsl: %s: got %d words at binding %d, want at most %d bytes", k.name, s.n, i+1, d.limits.bindingBytes))
		}
	}
}

// bind makes the bind group of a launch. That takes about a microsecond, so caching bind groups does not pay.
func (d *Device) bind(k *kernel, spans []span) (handle, error) {
	storage := make([]binding, 0, maxSpans)
	for i, s := range spans {
		if s.buf == nil {
			s = whole(d.nothing[strings.IndexByte("rw", k.access[i])])
		}
		if !d.usable(s.buf) {
			return nil, ErrOutOfMemory
		}
		s.buf.batch, s.buf.used = d.batch.id, true
		// Sizes are multiples of a vec4; they stay within the block, whose size is a multiple of 256 bytes.
		storage = append(storage, binding{block: s.buf.raw, off: s.off * s.buf.wordBytes(), size: (s.n*s.buf.wordBytes() + 15) &^ 15})
	}
	return d.driver.bind(k.name, k.program, d.batch.uniforms, storage)
}

// flush submits what has been recorded.
func (d *Device) flush() {
	b := &d.batch
	if len(b.launches) == 0 {
		return
	}
	d.tally.Submissions++
	if d.lost == nil {
		if err := d.driver.submit(b.uniforms, b.params, b.launches); err != nil {
			d.fail(fmt.Errorf("wgsl: running %s: %w", b.names(), err))
		}
		d.fail(d.driver.stray())
	}
	for _, l := range b.launches {
		l.group.Release()
	}
	b.launches, b.params, b.work = b.launches[:0], b.params[:0], 0
	d.driver.poll()
	if b.ahead++; b.ahead >= maxAhead && d.lost == nil {
		d.fail(d.waitIdle())
	}
}

// waitIdle waits until everything submitted is done.
func (d *Device) waitIdle() error {
	d.batch.ahead, d.unsent = 0, 0
	d.tally.Waits++
	return d.driver.waitIdle()
}

// names lists the kernels of the batch, each once.
func (b *batch) names() string {
	var names []string
	for _, l := range b.launches {
		if !slices.Contains(names, l.kernel.name) {
			names = append(names, l.kernel.name)
		}
	}
	return strings.Join(names, ", ")
}
