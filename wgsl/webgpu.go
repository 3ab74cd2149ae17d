//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// Open opens a device on the best adapter that the options allow. If there is none, the error wraps ErrNoAdapter.
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
	g := &webgpu{instance: instance, adapter: adapter, gpu: gpu, queue: gpu.GetQueue(), log: log, layouts: map[string]*layout{}}
	return newDevice(info, g, g.limits(), opts)
}

// webgpu is the driver for an adapter.
type webgpu struct {
	instance *wgpu.Instance
	adapter  *wgpu.Adapter
	gpu      *wgpu.Device
	queue    *wgpu.Queue
	log      errorLog           // the first error that no call returned
	layouts  map[string]*layout // by kernel.access
}

// limits are the adapter's own.
func (g *webgpu) limits() limits {
	l := g.gpu.GetLimits().Limits
	return limits{
		bindingBytes: int64(min(l.MaxStorageBufferBindingSize, l.MaxBufferSize, 1<<31)) &^ 255,
		bufferBytes:  int64(min(l.MaxBufferSize, 1<<40)),
		workgroups:   int(l.MaxComputeWorkgroupsPerDimension),
	}
}

func (g *webgpu) create(size int64, use use) (handle, error) {
	usage := [...]wgpu.BufferUsage{
		forStorage: wgpu.BufferUsage_Storage | wgpu.BufferUsage_CopyDst | wgpu.BufferUsage_CopySrc,
		forParams:  wgpu.BufferUsage_Uniform | wgpu.BufferUsage_CopyDst,
		forStaging: wgpu.BufferUsage_MapRead | wgpu.BufferUsage_CopyDst,
	}[use]
	b, err := g.gpu.CreateBuffer(&wgpu.BufferDescriptor{Size: uint64(size), Usage: usage})
	if err != nil {
		return nil, err
	}
	if err := g.log.take(); err != nil { // the error scope of the Go binding does not catch out of memory
		b.Release()
		return nil, err
	}
	return b, nil
}

func (g *webgpu) write(b handle, off int, src []float32) error {
	return g.queue.WriteBuffer(b.(*wgpu.Buffer), uint64(off)*4, wgpu.ToBytes(src))
}

func (g *webgpu) submitWrites() { g.queue.Submit() }

func (g *webgpu) read(from []reading, staging handle) error {
	to := staging.(*wgpu.Buffer)
	encoder, err := g.gpu.CreateCommandEncoder(nil)
	if err != nil {
		return err
	}
	defer encoder.Release()
	size := uint64(0)
	for _, r := range from {
		n := uint64(len(r.to)) * 4
		if err := encoder.CopyBufferToBuffer(r.block.(*wgpu.Buffer), uint64(r.off)*4, to, size, n); err != nil {
			return fmt.Errorf("wgsl: read: %w", err)
		}
		size += n
	}
	commands, err := encoder.Finish(nil)
	if err != nil {
		return fmt.Errorf("wgsl: read: %w", err)
	}
	g.queue.Submit(commands)
	commands.Release()
	mapped := (size + 7) &^ 7 // the size of a mapping must be a multiple of 8 bytes
	if err := mapRead(g.gpu, to, int64(mapped)); err != nil {
		return err
	}
	err = g.log.take()
	if err == nil {
		words := wgpu.FromBytes[float32](to.GetMappedRange(0, uint(mapped)))
		for _, r := range from {
			copy(r.to, words)
			words = words[len(r.to):]
		}
	}
	if unmapped := to.Unmap(); err == nil { // whatever happened: a block that stays mapped fails all later reads
		err = unmapped
	}
	return err
}

func (g *webgpu) poll() { g.gpu.Poll(false, nil) }

func (g *webgpu) waitIdle() error { return waitIdle(g.gpu, g.queue) }

func (g *webgpu) stray() error { return g.log.take() }

func (g *webgpu) close() {
	for _, l := range g.layouts {
		l.release()
	}
	g.queue.Release()
	g.gpu.Release()
	g.adapter.Release()
	g.instance.Release()
	g.log.free()
}
