// map: Y[i] (+)= f(X[i]) for i < n.                     (specification: backend.Map)
//
// Buffers   x [n], y [n]. In place, both are the same buffer and ACCESS is read_write, otherwise read.
//           ELEMENT is f32 (NARROW is .x), or vec4<f32> (NARROW is empty), and then n counts groups of four words.
// Dispatch  one thread per element.
// Numbers   sigmoid uses exp(-|x|) only, so it neither overflows nor loses small values.
// Needs     erf.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    n: u32,
    op: u32,         // backend.MapOp
    accumulate: u32,
    p: f32,
    q: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, {{ACCESS}}> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read_write> y: array<{{ELEMENT}}>;

fn sigmoid4(v: vec4<f32>) -> vec4<f32> {
    let e = exp(-abs(v));
    return select(e, vec4<f32>(1.0), v >= vec4<f32>(0.0)) / (1.0 + e);
}

fn apply(v: vec4<f32>) -> vec4<f32> {
    switch params.op {
        case 0u: { return params.p * v + params.q; }
        case 1u: { return select(v, vec4<f32>(0.0), v <= vec4<f32>(0.0)); }   // not max, which may drop NaN
        case 2u: { return gelu4(v); }
        case 3u: { return sigmoid4(v); }
        default: { return select(vec4<f32>(0.0), vec4<f32>(1.0), v > vec4<f32>(params.p)); } // 4
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.n {
        return;
    }
    var v = apply(vec4<f32>(x[params.base[0].x / {{WIDTH}}u + i])){{NARROW}};
    let at = params.base[0].y / {{WIDTH}}u + i;
    if params.accumulate != 0u {
        v += y[at];
    }
    y[at] = v;
}
