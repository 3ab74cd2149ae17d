//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"errors"
	"fmt"

	"github.com/rajveermalviya/go-webgpu/wgpu"

	"github.com/seed-6f79f512/slmsam/nn/backend"
)

var _ backend.Device = (*Device)(nil)

// Device runs the kernels of nn/backend on one adapter. It is used by one goroutine at a time.
type Device struct {
	info     AdapterInfo
	instance *wgpu.Instance
	adapter  *wgpu.Adapter
	gpu      *wgpu.Device
	queue    *wgpu.Queue
	log      errorLog // errors outside of error scopes
	limits   limits

	err    error // first error since the last Read or Sync
	lost   error // set once the device is lost, for good
	closed bool

	pool     pool
	batch    batch
	kernels  map[string]*kernel
	products map[productKey]*kernel // those of them that are matrix products
	layouts  map[string]*layout
	staging  *wgpu.Buffer // MapRead, stagingBytes long; nil until first used
	nothing  [2]*buffer   // placeholders for optional inputs and outputs
	tuner    tuner
}

// limits are the adapter's, lowered by the options.
type limits struct {
	bindingBytes int64 // largest storage binding
	bufferBytes  int64
	workgroups   int     // per dimension
	sharedBytes  int     // workgroup memory
	threads      int     // per workgroup
	batchWork    float64 // FLOP per submission, to stay well under a second
	memoryBytes  int64   // 0: as much as there is
	windowKeys   int     // most keys of an attention in one kernel
}

// Open returns the best adapter's device. Errors wrap ErrNoAdapter when the machine has none that fits.
func Open(opts Options) (*Device, error) {
	instance := newInstance()
	adapter, err := pickAdapter(instance, opts)
	if err != nil {
		instance.Release()
		return nil, err
	}
	info := describe(adapter)
	log := newErrorLog()
	gpu := requestDevice(adapter, log)
	if gpu == nil {
		err := fmt.Errorf("wgsl: %s (%s) refused to open a device; is its driver up to date?", info.Name, info.Backend)
		adapter.Release()
		instance.Release()
		log.free()
		return nil, err
	}
	d := &Device{
		info: info, instance: instance, adapter: adapter, gpu: gpu, queue: gpu.GetQueue(), log: log,
		limits:  readLimits(gpu, info.Kind, opts),
		kernels: map[string]*kernel{}, products: map[productKey]*kernel{}, layouts: map[string]*layout{},
	}
	d.tuner = newTuner(opts, info)
	if err := d.start(); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// start makes the device's own buffers.
func (d *Device) start() error {
	d.batch.uniforms = d.createBuffer(maxLaunches*slotBytes, wgpu.BufferUsage_Uniform|wgpu.BufferUsage_CopyDst)
	d.nothing = [2]*buffer{d.alloc(1), d.alloc(1)}
	return d.takeError()
}

// readLimits returns what kernels must respect. The work per submission aims at 0.2 s on the slowest machine of a
// kind that is likely: lavapipe on two cores, an old laptop's GPU, a small discrete card.
func readLimits(gpu *wgpu.Device, kind AdapterKind, opts Options) limits {
	l := gpu.GetLimits().Limits
	r := limits{
		bindingBytes: int64(min(l.MaxStorageBufferBindingSize, l.MaxBufferSize, 1<<31)) &^ 255,
		bufferBytes:  int64(min(l.MaxBufferSize, 1<<40)),
		workgroups:   int(l.MaxComputeWorkgroupsPerDimension),
		sharedBytes:  int(l.MaxComputeWorkgroupStorageSize),
		threads:      int(l.MaxComputeInvocationsPerWorkgroup),
		memoryBytes:  opts.MaxMemoryBytes,
		windowKeys:   windowKeys,
	}
	if opts.MaxBindingBytes > 0 {
		r.bindingBytes = min(r.bindingBytes, max(opts.MaxBindingBytes&^255, 512))
	}
	if opts.MaxWorkgroups > 0 {
		r.workgroups = min(r.workgroups, opts.MaxWorkgroups)
	}
	switch kind {
	case Software:
		r.batchWork = 2e9
		r.windowKeys = windowKeysSoftware
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
	d.fail(d.log.take())
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
	for _, l := range d.layouts {
		l.release()
	}
	d.pool.releaseAll()
	for _, b := range []*wgpu.Buffer{d.batch.uniforms, d.staging} {
		if b != nil {
			b.Release()
		}
	}
	d.queue.Release()
	d.gpu.Release()
	d.adapter.Release()
	d.instance.Release()
	d.log.free()
}
