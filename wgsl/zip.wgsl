// zip: combines two arrays, Z[i] (+)= f(X[i . xs], Y[i . ys]), with broadcasting.      (specification: backend.Zip)
//
//   f = p*x + q*y (op 0) or p*x*y (op 1), for all i within dims; z is contiguous and row-major.
//
// Buffers   x, y: strided operands; z [dims]. In place, x or y is z's buffer and ACCESS is read_write, otherwise read.
//           ELEMENT is f32, or vec4<f32>: then the last axis and the other strides count groups of four adjacent words.
// Dispatch  one thread per element of z. The launcher merges axes, so operands of equal shape have dims (1, 1, n).

struct Params {
    base: array<vec4<u32>, 2>,
    dims: vec4<u32>,  // d0, d1, d2, d0*d1*d2
    xs: vec4<u32>,    // strides of x; w: where element 0 lies in the binding
    ys: vec4<u32>,
    op: u32,
    accumulate: u32,
    p: f32,
    q: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, {{ACCESS}}> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, {{ACCESS}}> y: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read_write> z: array<{{ELEMENT}}>;

fn combine(a: {{ELEMENT}}, b: {{ELEMENT}}) -> {{ELEMENT}} {
    if params.op == 0u {
        return params.p * a + params.q * b;
    }
    return params.p * a * b;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.dims.w {
        return;
    }
    let rest = i / params.dims.z;
    let place = vec3<u32>(rest / params.dims.y, rest % params.dims.y, i % params.dims.z);
    let px = params.xs.xyz * place;
    let py = params.ys.xyz * place;
    let bases = params.base[0].xyz / {{WIDTH}}u;
    let vx = x[bases.x + params.xs.w + px.x + px.y + px.z];
    let vy = y[bases.y + params.ys.w + py.x + py.y + py.z];
    var v = combine(vx, vy);
    let at = bases.z + i;
    if params.accumulate != 0u {
        v += z[at];
    }
    z[at] = v;
}
