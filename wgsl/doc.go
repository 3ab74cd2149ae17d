// Package wgsl is the contract of nn/backend in WGSL: compute shaders run through WebGPU (Vulkan, Metal,
// Direct3D 12). It is the only package of the module that needs cgo; built without it, or for a platform for
// which no WebGPU library exists, Open returns an error that says so.
//
// What needs cgo is adapter.go, webgpu.go, program.go and shim.go, behind the interface of driver.go. Everything else, which
// turns a call into launches that fit a device, is plain Go; tests run it on a driver that only looks.
//
// [Open] picks an adapter and returns a [Device]. Like every backend.Device it is used by one goroutine at a time;
// calls run on the caller's goroutine, no thread is owned.
//
// # How a kernel runs
//
// A method of Device (MatMul, Zip, ...) turns its argument struct into launches. A launch is recorded, not run:
// the device collects up to 256 of them (32 where it may be waiting), or as many as their estimated work allows to finish
// well under a second, then encodes them in one compute pass and submits. Read, Sync and a Write to a buffer that a recorded
// launch uses submit first; what was just allocated is written to a block that none of them uses. Errors of the device are kept and come back from the next Read or Sync.
//
// # How to add a kernel
//
// Three files with one stem: op.wgsl, op.go, op_test.go (op_test.go carries the build tag of device_test.go, if it needs a device that computes).
//
//	func (d *Device) Fill(a backend.Fill) {
//		k := d.kernel("fill.wgsl")                   // or d.kernel("zip.wgsl", "ELEMENT", "f32"): text replaced
//		for _, c := range d.chunks(a.N, 1) {         // pieces that fit a binding and the work budget
//			x := window(a.X, a.Off+c.start, c.n)     // words to bind
//			d.launch(k, d.grid(c.n, 256), float64(c.n), // geometry, estimated work in FLOP
//				[]span{x},                           // the storage bindings, in order
//				params{{"base", x.base}, {"n", c.n}, {"value", a.Value}}) // int, uint32, bool -> u32; float32 -> f32
//		}
//	}
//
//	struct Params {
//	    base: u32,
//	    n: u32,
//	    value: f32,
//	}
//	@group(0) @binding(0) var<uniform> params: Params;
//	@group(0) @binding(1) var<storage, read_write> x: array<f32>;
//
// The rules:
//   - Binding 0 is the uniform Params; storage buffers follow from binding 1. Whether one is read or read_write is
//     taken from the shader's text, which writes each binding on one line as above.
//   - A span binds words off..off+n of a buffer (window), or all of it (whole). Bindings must begin at a multiple of
//     64 words, so a window begins up to 63 words early; base says how many, and the shader adds it to its indices.
//     A nil buffer binds a placeholder.
//   - At most 64 words of params, named as in the shader's text and in its order: a launch that differs panics
//     (params.go). vec4 and inner structs begin at multiples of 4 words. A vec4<f32> array
//     needs a window whose base is a multiple of 4; it may see up to 3 words beyond the window's end.
//   - One buffer may not be bound to a read and a read_write binding of the same launch. In-place kernels declare
//     all of these bindings read_write, which may share a buffer.
//   - grid(n, size) gives (x, y, 1) workgroups for n items in workgroups of size; the shader takes
//     i = (wid.y*num_workgroups.x + wid.x)*size + local index, and returns if i >= n.
//   - kernel("a.wgsl+b.wgsl") joins files.
//   - Replacements are plain text, so choose names that are not part of other words: {{NAME}}. One that is left over
//     is an error.
//   - A line that ends in "// for I<8" is repeated with $I replaced by 0..7.
//   - Kernels with one thread per element use run instead of launch, which passes all bases as an array; elementOf
//     says whether they may move four words at a time, and runs or blocks split what does not fit (element.go,
//     strided.go). fill.go and zip.go are the simplest examples.
//   - lavapipe compiles a shader anew for each value of a param that alone decides a branch or ends a loop that starts
//     at a constant: let such conditions depend on the thread too (layernorm.wgsl), or use select.
//   - A temporary buffer is d.Alloc, launches, d.Free: the contents are safe until the launches are done.
package wgsl
