// widen16: Y = X converted to float32, for kernels that do not read float16.      (specification: backend.HalfKeeper)
//
// Buffers   x [n], see halves.wgsl; y [n].
// Dispatch  one thread per word of x.

struct Params {
    base: array<vec4<u32>, 2>,
    n: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = 2u * (id.y * groups.x * 64u + id.x);
    if i >= params.n {
        return;
    }
    let pair = unpack2x16float(x[(params.base[0].x + i) / 2u]);
    let at = params.base[0].y + i;
    y[at] = pair.x;
    if i + 1u < params.n {
        y[at + 1u] = pair.y;
    }
}
