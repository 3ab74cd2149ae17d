// copy: copies a strided block, Y[i . ys] (+)= X[i . xs] for all i within five dims.     (specification: backend.Copy)
//
// Buffers   x, y: strided blocks, possibly disjoint ones of the same buffer (then ACCESS is read_write, otherwise read).
//           ELEMENT is f32, or vec4<f32>: then the last axis and all strides count groups of four adjacent words. x may be float16
//           in pairs (halves.wgsl).
// Dispatch  one thread per element. The launcher merges axes and drops those of size 1, so most copies have one or two.
// Needs     halves.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    dims: vec4<u32>,  // d1, d2, d3, d4 (d0 is never needed)
    xs: vec4<u32>,    // strides of x along axes 1..4
    ys: vec4<u32>,
    xs0: u32,         // strides along axis 0
    ys0: u32,
    n: u32,           // d0*d1*d2*d3*d4
    x0: u32,          // where element 0 lies in the bindings; negative strides move it away from their start
    y0: u32,
    accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, {{ACCESS}}> x: array<{{X_ELEMENT}}>;
@group(0) @binding(2) var<storage, read_write> y: array<{{ELEMENT}}>;

// load_x returns an element of x.
fn load_x(at: u32) -> {{ELEMENT}} {
    return {{LOAD_X}};
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.n {
        return;
    }
    let r3 = i / params.dims.w;
    let r2 = r3 / params.dims.z;
    let r1 = r2 / params.dims.y;
    let i0 = r1 / params.dims.x;
    let place = vec4<u32>(r1 % params.dims.x, r2 % params.dims.y, r3 % params.dims.z, i % params.dims.w);
    let px = params.xs * place;
    let py = params.ys * place;
    var v = load_x(params.base[0].x / {{WIDTH}}u + params.x0 + params.xs0 * i0 + px.x + px.y + px.z + px.w);
    let at = params.base[0].y / {{WIDTH}}u + params.y0 + params.ys0 * i0 + py.x + py.y + py.z + py.w;
    if params.accumulate != 0u {
        v += y[at];
    }
    y[at] = v;
}
