package wgsl

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// watcher is a driver that computes nothing. It refuses what WebGPU would refuse, and records what was launched.
type watcher struct {
	nothing
	align    int            // of bindings, in bytes
	binding  int            // largest binding, in bytes
	blocks   map[*held]bool // not yet released
	launched map[string]int // by kernel: number of launches
	failNext error          // what the next submission returns
}

// held is something that a watcher has created: a block, or a program with its bindings.
type held struct {
	by     *watcher
	size   int
	access string
}

// Release implements handle.
func (h *held) Release() { delete(h.by.blocks, h) }

// watched returns a device with a watcher as its driver.
func watched(t *testing.T, info AdapterInfo, opts Options) (*Device, *watcher) {
	t.Helper()
	w := &watcher{align: 4 * alignWords, blocks: map[*held]bool{}, launched: map[string]int{}}
	d, err := newDevice(info, w, limits{bindingBytes: 1 << 27, bufferBytes: 1 << 28, workgroups: 65535}, opts)
	require.NoError(t, err)
	w.binding = int(d.limits.bindingBytes)
	return d, w
}

func (w *watcher) create(size int64, _ use) (handle, error) {
	b := &held{by: w, size: int(size)}
	w.blocks[b] = true
	return b, nil
}

func (w *watcher) compile(_, _, access string) (handle, error) {
	return &held{by: w, access: access}, nil
}

func (w *watcher) bind(name string, program, params handle, storage []binding) (handle, error) {
	access := program.(*held).access
	if len(access) != len(storage) || !w.blocks[params.(*held)] {
		return nil, fmt.Errorf("got %d bindings, want %d and a block of params", len(storage), len(access))
	}
	for i, s := range storage {
		b := s.block.(*held)
		if !w.blocks[b] || s.off%w.align != 0 || s.size < 1 || s.size > w.binding+12 || s.off+s.size > b.size {
			return nil, fmt.Errorf("binding %d: got bytes %d..%d of %d", i+1, s.off, s.off+s.size, b.size)
		}
		for j, other := range storage[:i] {
			if other.block == s.block && access[i] != access[j] {
				return nil, fmt.Errorf("bindings %d and %d read and write one block", j+1, i+1)
			}
		}
	}
	return &held{by: w}, nil
}

func (w *watcher) submit(_ handle, words []uint32, launches []launch) error {
	if len(words) != len(launches)*slotBytes/4 {
		return fmt.Errorf("got %d words of params for %d launches", len(words), len(launches))
	}
	for _, l := range launches {
		w.launched[l.kernel.name]++
	}
	err := w.failNext
	w.failNext = nil
	return err
}

func (w *watcher) write(b handle, off int, src []float32) error {
	if 4*(off+len(src)) > b.(*held).size {
		return errors.New("write beyond the block")
	}
	return nil
}

func (w *watcher) read(from []reading, staging handle) error {
	total := 0
	for _, r := range from {
		total += 4 * len(r.to)
		if 4*(r.off+len(r.to)) > r.block.(*held).size {
			return errors.New("read beyond the block")
		}
	}
	if total > staging.(*held).size {
		return errors.New("read more than the staging block holds")
	}
	return nil
}

// files lists the shader files that were launched.
func (w *watcher) files() []string {
	var files []string
	for name := range w.launched {
		file, _, _ := strings.Cut(name, " ")
		files = append(files, strings.Split(file, "+")...)
	}
	slices.Sort(files)
	return slices.Compact(files)
}
