// sum: one stage of a sum over the middle axis.        (specification: backend.Sum)
//
//   Y[o,s,i] (+)= p * sum_k X[o, s + k*segments, i]
//
// Buffers   x [outer,n,inner], y [outer,segments,inner].
//           ELEMENT is f32, or vec4<f32>, and then inner counts groups of four words.
// Dispatch  one thread per element of y. Segments are interleaved, so that adjacent threads read adjacent words.
// Numbers   the launcher repeats the stage, with at most 256 terms per thread, until segments is 1; a thread has four independent
//           sums. So rounding errors grow with the depth of a tree, not with n, and the order is fixed: the result is the same on
//           every run.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // outer*segments*inner
    n: u32,
    segments: u32,
    inner: u32,
    accumulate: u32,
    p: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read_write> y: array<{{ELEMENT}}>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let column = i % params.inner;
    let segment = i / params.inner % params.segments;
    let outer = i / params.inner / params.segments;
    let terms = (params.n - segment + params.segments - 1u) / params.segments;
    let stride = params.segments * params.inner;
    var at = params.base[0].x / {{WIDTH}}u + (outer * params.n + segment) * params.inner + column;

    var chain$I = {{ELEMENT}}(0.0);              // for I<4
    var k = 0u;
    for (; k + 4u <= terms; k += 4u) {
        chain$I += x[at + $Iu * stride];         // for I<4
        at += 4u * stride;
    }
    for (; k < terms; k += 1u) {
        chain0 += x[at];
        at += stride;
    }
    var v = params.p * ((chain0 + chain1) + (chain2 + chain3));
    let result = params.base[0].y / {{WIDTH}}u + i;
    if params.accumulate != 0u {
        v += y[result];
    }
    y[result] = v;
}
