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
	products map[productKey]*kernel // those kernels that are matrix products
	unsent   int                    // bytes written since the last wait
	staging  handle                 // a block of stagingBytes; nil until first used
	nothing  [2]*buffer             // placeholders for optional inputs and outputs
	tuner    tuner
	tally    Tally
	halves   bool // KeepHalves stores numbers as float16
}

// limits are what kernels must respect: the adapter's limits, lowered by the options, and limits of our own.
type limits struct {
	bindingBytes int64   // of a storage binding
	bufferBytes  int64   // of a buffer
	workgroups   int     // in each dimension of a launch
	batchWork    float64 // FLOP per submission, to stay well below a second
	memoryBytes  int64   // of all buffers; 0: no limit
	windowKeys   int     // keys in windowattention.wgsl
	fusedWidth   int     // width of the values in fusedattention.wgsl
}

// newDevice returns a device that runs on the given driver. If it fails, it closes the driver.
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

// start creates the device's own buffers.
func (d *Device) start() error {
	d.batch.uniforms = d.createBuffer(maxLaunches*slotBytes, forParams)
	d.nothing = [2]*buffer{d.alloc(1), d.alloc(1)}
	return d.takeError()
}

// lowered returns the limits of an adapter, lowered by the options and completed with our own. The work per submission aims at
// 0.2 s on the slowest machine of a kind that is likely: lavapipe on two cores, the GPU of an old laptop, a small discrete card.
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

// Name implements backend.Device: "NVIDIA H200 (Vulkan)", for instance.
func (d *Device) Name() string { return fmt.Sprintf("%s (%s)", d.info.Name, d.info.Backend) }

// Info describes the adapter.
func (d *Device) Info() AdapterInfo { return d.info }

// fail records an error: the first one until the next Read or Sync, the loss of the device forever.
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

// takeError returns the recorded error and clears it.
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
