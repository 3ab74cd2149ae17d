//go:build cgo && ((linux && amd64 && !android) || (darwin && !ios) || (windows && amd64))

package wgsl

import (
	"fmt"

	"github.com/rajveermalviya/go-webgpu/wgpu"
)

// program is a compiled shader.
type program struct {
	layout   *layout
	pipeline *wgpu.ComputePipeline
}

// Release implements handle. The layout belongs to the driver.
func (p *program) Release() { p.pipeline.Release() }

// layout describes the bindings of a shader: the uniform, then the storage buffers. Shaders with equal bindings share it.
type layout struct {
	group    *wgpu.BindGroupLayout
	pipeline *wgpu.PipelineLayout
}

func (l *layout) release() {
	l.pipeline.Release()
	l.group.Release()
}

func (g *webgpu) compile(name, code, access string) (handle, error) {
	module, err := g.gpu.CreateShaderModule(&wgpu.ShaderModuleDescriptor{
		Label: name, WGSLDescriptor: &wgpu.ShaderModuleWGSLDescriptor{Code: code},
	})
	if err != nil {
		return nil, fmt.Errorf("shader refused: %w", err)
	}
	defer module.Release()
	l, err := g.layout(access)
	if err != nil {
		return nil, err
	}
	pipeline, err := g.gpu.CreateComputePipeline(&wgpu.ComputePipelineDescriptor{
		Label: name, Layout: l.pipeline,
		Compute: wgpu.ProgrammableStageDescriptor{Module: module, EntryPoint: "main"},
	})
	if err != nil {
		return nil, fmt.Errorf("pipeline refused: %w", err)
	}
	if err := g.log.take(); err != nil {
		pipeline.Release()
		return nil, err
	}
	return &program{l, pipeline}, nil
}

// layout returns the layout for bindings with this access, see kernel.access.
func (g *webgpu) layout(access string) (*layout, error) {
	if l, ok := g.layouts[access]; ok {
		return l, nil
	}
	entries := []wgpu.BindGroupLayoutEntry{{
		Visibility: wgpu.ShaderStage_Compute,
		Buffer:     wgpu.BufferBindingLayout{Type: wgpu.BufferBindingType_Uniform, HasDynamicOffset: true},
	}}
	for i, letter := range access {
		kind := wgpu.BufferBindingType_Storage
		if letter == 'r' {
			kind = wgpu.BufferBindingType_ReadOnlyStorage
		}
		entries = append(entries, wgpu.BindGroupLayoutEntry{
			Binding: uint32(i + 1), Visibility: wgpu.ShaderStage_Compute, Buffer: wgpu.BufferBindingLayout{Type: kind},
		})
	}
	group, err := g.gpu.CreateBindGroupLayout(&wgpu.BindGroupLayoutDescriptor{Entries: entries})
	if err != nil {
		return nil, err
	}
	pipeline, err := g.gpu.CreatePipelineLayout(&wgpu.PipelineLayoutDescriptor{BindGroupLayouts: []*wgpu.BindGroupLayout{group}})
	if err != nil {
		group.Release()
		return nil, err
	}
	l := &layout{group: group, pipeline: pipeline}
	g.layouts[access] = l
	return l, nil
}

func (g *webgpu) bind(name string, p, params handle, storage []binding) (handle, error) {
	entries := make([]wgpu.BindGroupEntry, 0, 1+maxSpans)
	entries = append(entries, wgpu.BindGroupEntry{Buffer: params.(*wgpu.Buffer), Size: slotBytes})
	for i, s := range storage {
		entries = append(entries, wgpu.BindGroupEntry{
			Binding: uint32(i + 1), Buffer: s.block.(*wgpu.Buffer), Offset: uint64(s.off), Size: uint64(s.size),
		})
	}
	group, err := g.gpu.CreateBindGroup(&wgpu.BindGroupDescriptor{Label: name, Layout: p.(*program).layout.group, Entries: entries})
	if err != nil {
		return nil, err
	}
	return group, nil
}

func (g *webgpu) submit(params handle, words []uint32, launches []launch) error {
	if err := g.queue.WriteBuffer(params.(*wgpu.Buffer), 0, wgpu.ToBytes(words)); err != nil {
		return err
	}
	encoder, err := g.gpu.CreateCommandEncoder(nil)
	if err != nil {
		return err
	}
	defer encoder.Release()
	pass := encoder.BeginComputePass(nil)
	for i, l := range launches {
		pass.SetPipeline(l.kernel.program.(*program).pipeline)
		pass.SetBindGroup(0, l.group.(*wgpu.BindGroup), []uint32{uint32(i * slotBytes)})
		pass.DispatchWorkgroups(uint32(l.grid[0]), uint32(l.grid[1]), uint32(l.grid[2]))
	}
	err = pass.End()
	pass.Release()
	if err != nil {
		return err
	}
	commands, err := encoder.Finish(nil)
	if err != nil {
		return err
	}
	g.queue.Submit(commands)
	commands.Release()
	return nil
}
