// fill: X[i] = value for i < n.                          (specification: backend.Fill)
//
// Buffers   x [n].
// Dispatch  one thread per word.

struct Params {
    base: array<vec4<u32>, 2>,
    n: u32,
    value: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i < params.n {
        x[params.base[0].x + i] = params.value;
    }
}
