// rope: rotary position encoding of pairs of adjacent channels.      (specification: backend.RoPE; Su et al., arXiv 2104.09864)
//
//   Y[b,t,pair] (+)= (x0*cos - x1*sin, x0*sin + x1*cos), (cos, sin) = Table[t mod period, pair], for t < rotated;
//   tokens t >= rotated are copied.
//
// Buffers   x, y [B,n,pairs,2]; in place, both are the same buffer and ACCESS is read_write, otherwise read. table
//           [period,pairs,2]. If the launcher splits a call, a piece begins at token first, counted over the flattened [B,n].
// Dispatch  one thread per pair.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    first: u32,
    n: u32,          // tokens per item
    pairs: u32,      // C/2
    rotated: u32,
    period: u32,
    turn: f32,       // 1, or -1 to rotate by the negative angles (Inverse)
    accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, {{ACCESS}}> x: array<vec2<f32>>;
@group(0) @binding(2) var<storage, read> table: array<vec2<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec2<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let token = (params.first + i / params.pairs) % params.n;
    var v = x[params.base[0].x / 2u + i];
    if token < params.rotated {
        let angle = table[params.base[0].y / 2u + token % params.period * params.pairs + i % params.pairs];
        let s = params.turn * angle.y;
        v = vec2<f32>(v.x * angle.x - v.y * s, v.x * s + v.y * angle.x);
    }
    let at = params.base[0].z / 2u + i;
    if params.accumulate != 0u {
        v += y[at];
    }
    y[at] = v;
}
