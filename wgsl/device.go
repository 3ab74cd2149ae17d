package wgsl

import (
	"errors"
	"fmt"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

var (
	_ backend.Device     = (*Device)(nil)
	_ backend.HalfKeeper = (*Device)(nil)
)

// Device runs the kernels of nn/backend on one adapter. It is used by one goroutine at a time.
type Device struct {
	info   AdapterInfo
	driver driver
	limits limits

	err    error // first error since the last Read or Sync
	lost   error // set once the device is lost, for good
	closed bool

	pool     pool
	batch    batch
	kernels  map[string]*kernel
	products map[productKey]*kernel // those of them that are matrix products
	unsent   int                    // bytes written since the last wait
	staging  handle                 // stagingBytes long; nil until first used
	nothing  [2]*buffer             // placeholders for optional inputs and outputs
	tuner    tuner
	tally    Tally
	halves   bool // whether KeepHalves does anything
}

// limits are the adapter's, lowered by the options.
type limits struct {
	bindingBytes int64 // largest storage binding
	bufferBytes  int64
	workgroups   int     // per dimension
	batchWork    float64 // FLOP per submission, to stay well under a second
	memoryBytes  int64   // 0: as much as there is
	windowKeys   int     // most keys of an attention with all scores in workgroup memory
	fusedWidth   int     // widest values of an attention with a tile of the scores in registers
}

// newDevice returns a device that runs on the driver. The driver is closed if that fails.
func newDevice(info AdapterInfo, run driver, adapter limits, opts Options) (*Device, error) {
	d := &Device{info: info, driver: run, limits: adapter.lowered(info.Kind, opts), tuner: newTuner(opts, info),
		halves:  opts.Halves,
		kernels: map[string]*kernel{}, products: map[productKey]*kernel{}}
	if err := d.start(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// start makes the device's own buffers.
func (d *Device) start() error {
	d.batch.uniforms = d.createBuffer(maxLaunches*slotBytes, forParams)
	d.nothing = [2]*buffer{d.alloc(1), d.alloc(1)}
	return d.takeError()
}

// lowered returns what kernels must respect: the adapter's limits, lowered by the options. The work per submission aims
// at 0.2 s on the slowest machine of a kind that is likely: lavapipe on two cores, an old laptop's GPU, a small discrete card.
func (r limits) lowered(kind AdapterKind, opts Options) limits {
	r.memoryBytes = opts.MaxMemoryBytes
	r.windowKeys, r.fusedWidth = windowKeys, fusedWidth
	if opts.MaxBindingBytes > 0 {
		r.bindingBytes = min(r.bindingBytes, max(opts.MaxBindingBytes&^255, 512))
	}
	if opts.MaxWorkgroups > 0 {
		r.workgroups = min(r.workgroups, opts.MaxWorkgroups)
	}
	switch kind {
	case Software:
		r.batchWork = 2e9
	case Discrete:
		r.batchWork = 2e11
	default:
		r.batchWork = 2e10
	}
	return r
}

// Name returns for instance "NVIDIA H200 (Vulkan)".
func (d *Device) Name() string { return fmt.Sprintf("%s (%s)", d.info.Name, d.info.Backend) }

// Info describes the adapter.
func (d *Device) Info() AdapterInfo { return d.info }

// fail keeps the first error until the next Read or Sync, and a lost device for ever.
func (d *Device) fail(err error) {
	if err == nil {
		return
	}
	if d.err == nil {
		d.err = err
	}
	if d.lost == nil && errors.Is(err, ErrDeviceLost) {
		d.lost = err
	}
}

// takeError returns and forgets the first error.
func (d *Device) takeError() error {
	d.fail(d.driver.stray())
	err := d.err
	d.err = nil
	if d.lost != nil {
		return d.lost
	}
	return err
}

// Close waits for the device and releases everything. Closing twice is harmless.
func (d *Device) Close() {
	if d.closed {
		return
	}
	d.closed = true
	d.flush()
	if d.lost == nil {
		_ = d.waitIdle() // nothing can be done about an error now
	}
	for _, k := range d.kernels {
		k.release()
	}
	d.pool.releaseAll()
	for _, b := range []handle{d.batch.uniforms, d.staging} {
		if b != nil {
			b.Release()
		}
	}
	d.driver.close()
}
