// Package wgsl implements nn/backend with compute shaders in WGSL, which run through WebGPU on Vulkan, Metal or Direct3D 12. It is
// the only package of the module that needs cgo. Built without cgo, or for a platform without a WebGPU library, Open returns an
// error that says so.
//
// Only adapter.go, webgpu.go, program.go and shim.go need cgo; they are behind the interface in driver.go. Everything else turns calls
// into launches that fit a device, in plain Go. Tests run it on a driver that computes nothing and only checks what it is asked to do.
//
// [Open] picks an adapter and returns a [Device]. Like every backend.Device, it is used by one goroutine at a time; all work happens on
// the caller's goroutine.
//
// # How a kernel runs
//
// A method of Device (MatMul, Zip, ...) turns its argument struct into launches of shaders. A launch is not run at once but recorded.
// The device collects up to 256 launches (32 if the GPU may be idle), or as many as are estimated to finish well within a second. Then
// it encodes them in one compute pass and submits it. Read and Sync submit first, and so does a Write to a buffer that a recorded
// launch uses. (If the buffer was just allocated, the Write goes to a different block of memory instead.) Errors of the GPU are kept
// and returned by the next Read or Sync.
//
// # How to add a kernel
//
// Write three files with the same stem: op.wgsl, op.go and op_test.go (with the build tag of device_test.go, if it needs a GPU).
//
//	func (d *Device) Fill(a backend.Fill) {
//		k := d.kernel("fill.wgsl")                   // or d.kernel("zip.wgsl", "{{ELEMENT}}", "f32"), which replaces text
//		for _, c := range d.chunks(a.N, 1) {         // pieces that fit a binding and the work budget
//			x := window(a.X, a.Off+c.start, c.n)     // the words to bind
//			d.launch(k, d.grid(c.n, 256), float64(c.n), // number of workgroups, estimated work in FLOP
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
//   - Binding 0 is the uniform Params; storage buffers follow from binding 1 on. Whether a buffer is read or read_write is taken from
//     the shader's text, where each binding must be on one line, as above.
//   - A span binds a range of a buffer (window), or all of it (whole). Bindings must begin at multiples of 64 words, so a window begins
//     up to 63 words early; its base says how many, and the shader adds it to its indices. A nil buffer binds a placeholder.
//   - A launch sends at most 64 words of params, with the names and in the order of the shader's struct Params; if they differ, it
//     panics (params.go). A vec4 or an inner struct must begin at a multiple of 4 words. An array<vec4<f32>> needs a window whose base
//     is a multiple of 4; it may extend up to 3 words beyond the window.
//   - A buffer must not be bound to a read and a read_write binding of the same launch. In-place kernels declare all bindings that may
//     share a buffer read_write.
//   - grid(n, size) returns (x, y, 1) workgroups for n items in workgroups of size threads. The shader computes
//     i = (wid.y*num_workgroups.x + wid.x)*size + local index, and returns if i >= n.
//   - kernel("a.wgsl+b.wgsl") joins files.
//   - Replacements are plain text, so their names must not be part of other words; we write {{NAME}}. One that is left over is an error.
//   - A line that ends in "// for I<8" is repeated with $I replaced by 0..7.
//   - Kernels with one thread per element use run instead of launch; it passes the bases of all spans as an array. elementOf decides
//     whether they can move four words at a time; runs and blocks split what does not fit (element.go, strided.go). fill.go and zip.go
//     are the simplest examples.
//   - Lavapipe compiles a shader again for each value of a param that alone decides a branch, or that ends a loop beginning at a
//     constant. Let such conditions depend on the thread as well (see finish in matmul.wgsl), or use select.
//   - For a temporary buffer, call d.Alloc, launch, and d.Free: its contents are safe until the launches are done.
package wgsl
