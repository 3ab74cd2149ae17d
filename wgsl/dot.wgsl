// dot: first stage of a scalar product.                  (specification: backend.Dot)
//
//   Part[s] = sum_k X[s + k*segments] * Y[s + k*segments]; sum.wgsl then sums Part
//
// Buffers   x [n], y [n], part [segments].
// Dispatch  one thread per element of part; adjacent threads read adjacent words.
// Numbers   about 64 terms per thread, in two independent sums; see sum.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    n: u32,
    segments: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> part: array<f32>;

fn product(k: u32) -> f32 {
    return x[params.base[0].x + k] * y[params.base[0].y + k];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.segments {
        return;
    }
    var even = 0.0;
    var odd = 0.0;
    var k = i;
    for (; k + params.segments < params.n; k += 2u * params.segments) {
        even += product(k);
        odd += product(k + params.segments);
    }
    if k < params.n {
        even += product(k);
    }
    part[params.base[0].z + i] = even + odd;
}
