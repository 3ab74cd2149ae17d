// narrow16: Y = X rounded to float16, stored in pairs.      (specification: backend.HalfKeeper)
//
// Buffers   x [n]; y [n], see halves.wgsl. If n is odd, the high half of the last word is 0.
// Dispatch  one thread per word of y.
// Numbers   WGSL lets devices round to either neighboring float16; most round to the nearest. Numbers that are too large become the
//           largest float16, 65504, because WGSL would allow any result for them.

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
