// narrow16: Y = X rounded to float16, in pairs.      (contract: backend.HalfKeeper)
//
// Buffers   x [n]; y [n] as halves.wgsl says. n may be odd: then the last word's high half is 0.
// Dispatch  one thread per word of y.
// Numbers   to the nearest float16 where the device does that: WGSL allows either neighbor. What is too large becomes the largest
//           float16, 65504, where WGSL would allow any value.

struct Params {
    base: array<vec4<u32>, 2>,
    n: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = 2u * (id.y * groups.x * 64u + id.x);
    if i >= params.n {
        return;
    }
    let at = params.base[0].x + i;
    let pair = vec2<f32>(x[at], select(0.0, x[at + 1u], i + 1u < params.n));
    y[(params.base[0].y + i) / 2u] = pack2x16float(clamp(pair, vec2<f32>(-65504.0), vec2<f32>(65504.0)));
}
