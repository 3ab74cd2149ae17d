package cpu

import (
	"fmt"
	"math"
	"runtime"

	"github.com/seed-6f79f512/slmsam/nn/backend"
	"github.com/seed-6f79f512/slmsam/nn/cpu/simd"
)

// Device is the CPU as a backend.Device. Its kernels have finished when their call returns.
type Device struct {
	threads  int
	plain    bool         // use only the plain loops
	kernels  simd.Kernels // the inner loops of the fast kernels
	rounding *rounding    // how products round to bfloat16; nil if they do not
	pool     pool
	workers  *workers
}

var _ backend.Device = (*Device)(nil)

// New returns a device that computes on the given number of threads; 0 means GOMAXPROCS.
func New(threads int) *Device {
	if threads < 0 {
		panic(fmt.Sprintf("cpu.New: got %d threads, want 0 (all) or more", threads))
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	d := &Device{threads: threads, kernels: simd.Detect(), pool: newPool(), workers: newWorkers(threads)}
	runtime.AddCleanup(d, (*workers).stop, d.workers) // for devices that are never closed
	return d
}

// NewPlain returns a device that runs only the plain loops: the specification. Its new buffers contain NaN, so that a test that
// relies on undefined contents fails.
func NewPlain() *Device {
	d := New(0)
	d.plain = true
	return d
}

// Name implements backend.Device.
func (d *Device) Name() string {
	kind := d.kernels.Name
	if d.rounding != nil {
		kind = d.rounding.kernels.Name
	}
	if d.plain {
		kind = "plain Go"
		if d.rounding != nil {
			kind += ", bf16"
		}
	}
	if d.threads == 1 {
		return fmt.Sprintf("CPU (%s, 1 thread)", kind)
	}
	return fmt.Sprintf("CPU (%s, %d threads)", kind, d.threads)
}

// Alloc implements backend.Device. Running out of memory ends the process, as in any Go program.
func (d *Device) Alloc(n int) backend.Buffer {
	return d.alloc(n)
}

func (d *Device) alloc(n int) *buffer {
	if n < 1 {
		panic(fmt.Sprintf("cpu.Alloc: got %d words, want at least 1", n))
	}
	b := &buffer{owner: d, n: n, data: d.pool.take(n)}
	if d.plain {
		fill(b.data, float32(math.NaN()))
	}
	return b
}

// Free implements backend.Device.
func (d *Device) Free(b backend.Buffer) {
	buf := d.own(b)
	d.pool.put(buf.data)
	buf.data = nil
}

// Write implements backend.Device.
func (d *Device) Write(b backend.Buffer, off int, src []float32) {
	copy(d.part("Write", b, off, len(src)), src)
}

// Read implements backend.Device. Its error is always nil.
func (d *Device) Read(b backend.Buffer, off int, dst []float32) error {
	copy(dst, d.part("Read", b, off, len(dst)))
	return nil
}

// ReadAll implements backend.Device. Its error is always nil.
func (d *Device) ReadAll(parts []backend.Part) error {
	for _, p := range parts {
		copy(p.To, d.part("ReadAll", p.From, p.Off, len(p.To)))
	}
	return nil
}

// Sync implements backend.Device. Its error is always nil.
func (d *Device) Sync() error { return nil }

// Memory implements backend.Device.
func (d *Device) Memory() backend.Memory { return d.pool.mem }

// ResetPeak implements backend.Device.
func (d *Device) ResetPeak() { d.pool.resetPeak() }

// Close implements backend.Device.
func (d *Device) Close() {
	d.pool = newPool()
	d.workers.stop()
}
