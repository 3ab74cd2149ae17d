// mapbackward: DX[i] (+)= DY[i] * f'(X[i]) for i < n.     (specification: backend.MapBackward)
//
// Buffers   x [n], dy [n], dx [n].
//           ELEMENT is f32 (NARROW is .x), or vec4<f32> (NARROW is empty), and then n counts groups of four words.
// Dispatch  one thread per element.
// Numbers   sigmoid' = e/(1+e)^2 with e = exp(-|x|), which is accurate for large |x| of either sign.
// Needs     erf.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    n: u32,
    op: u32,         // backend.MapOp
    overwrite: u32,  // 1: DX is overwritten, whatever it holds
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> dy: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read_write> dx: array<{{ELEMENT}}>;

fn derivative(v: vec4<f32>) -> vec4<f32> {
    switch params.op {
        case 1u: { return select(vec4<f32>(0.0), vec4<f32>(1.0), v > vec4<f32>(0.0)); }
        case 2u: { return gelu_derivative4(v); }
        default: {
            let e = exp(-abs(v));
            return e / ((1.0 + e) * (1.0 + e));
        }
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.n {
        return;
    }
    let slope = derivative(vec4<f32>(x[params.base[0].x / {{WIDTH}}u + i])){{NARROW}};
    let at = params.base[0].z / {{WIDTH}}u + i;
    var d = dy[params.base[0].y / {{WIDTH}}u + i] * slope;
    if params.overwrite == 0u {
        d += dx[at];
    }
    dx[at] = d;
}
